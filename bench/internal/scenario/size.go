package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sizes says how long the IP packets of a UDP load are, in bytes, headers included: one size, or a mix of sizes by weight. It is its own text
// as it stands in a name: "64", "imix", "64x7+570x4+1518x1".
type Sizes string

// IMIX is the mix 64x7+570x4+1518x1.
const IMIX Sizes = "imix"

// Share is one size of a mix.
type Share struct {
	Size   int // bytes of an IP packet
	Weight int // packets of this size for every sum of weights
}

const (
	maxShares = 8
	maxWeight = 1000
	// maxMix is after how many packets a mix must have met its weights.
	maxMix = 1024
)

// Shares lists the sizes in the order in which they were given; a single size has weight 1.
func (z Sizes) Shares() []Share {
	shares, err := parseShares(string(z))
	if err != nil {
		return nil // no Scenario has such sizes
	}
	return shares
}

// Largest returns the length of the longest packet, in bytes; 0 if the load has no packet size.
func (z Sizes) Largest() int {
	largest := 0
	for _, s := range z.Shares() {
		largest = max(largest, s.Size)
	}
	return largest
}

// smallest is the shortest packet, in bytes.
func (z Sizes) smallest() int {
	smallest := z.Largest()
	for _, s := range z.Shares() {
		smallest = min(smallest, s.Size)
	}
	return smallest
}

// mixed says whether there is more than one size.
func (z Sizes) mixed() bool { return len(z.Shares()) > 1 }

// parseSizes reads what a user types and makes it canonical.
func parseSizes(text string) (Sizes, error) {
	if Sizes(text) == IMIX {
		return IMIX, nil
	}
	shares, err := parseShares(text)
	if err != nil {
		return "", err
	}
	if len(shares) == 1 {
		return Sizes(strconv.Itoa(shares[0].Size)), nil
	}
	words := make([]string, len(shares))
	for i, s := range shares {
		words[i] = fmt.Sprintf("%dx%d", s.Size, s.Weight)
	}
	return Sizes(strings.Join(words, "+")), nil
}

func parseShares(text string) ([]Share, error) {
	if Sizes(text) == IMIX {
		return []Share{{64, 7}, {570, 4}, {1518, 1}}, nil
	}
	var shares []Share
	for word := range strings.SplitSeq(text, "+") {
		s, err := parseShare(word)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(shares, func(other Share) bool { return other.Size == s.Size }) {
			return nil, fmt.Errorf("size %d is given twice", s.Size)
		}
		shares = append(shares, s)
	}
	if len(shares) > maxShares {
		return nil, fmt.Errorf("more than %d sizes", maxShares)
	}
	if n := mixLen(shares); n > maxMix {
		return nil, fmt.Errorf("the weights are met only after %d packets, more than %d", n, maxMix)
	}
	return shares, nil
}

// mixLen is after how many packets the weights are met: their sum without what they have in common.
func mixLen(shares []Share) int {
	sum, common := 0, 0
	for _, s := range shares {
		sum += s.Weight
		for a, b := s.Weight, common; ; a, b = b, a%b {
			if b == 0 {
				common = a
				break
			}
		}
	}
	return sum / common
}

func parseShare(word string) (Share, error) {
	size, weight, weighted := strings.Cut(word, "x")
	s := Share{Weight: 1}
	var err error
	if s.Size, err = wholeNumber(size, 1, maxPacketLen); err != nil {
		return s, err
	}
	if weighted {
		if s.Weight, err = wholeNumber(weight, 1, maxWeight); err != nil {
			return s, fmt.Errorf("weight of size %d: %w", s.Size, err)
		}
	}
	return s, nil
}

// wholeNumber reads a decimal number from low to high.
func wholeNumber(text string, low, high int) (int, error) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		return 0, errors.New("not a whole number")
	case err != nil || n < low || n > high:
		return 0, errors.New("out of range")
	}
	return n, nil
}
