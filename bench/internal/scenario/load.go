package scenario

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// LoadMode says how the generator decides when to send.
type LoadMode string

// The modes.
const (
	LoadMax      LoadMode = "max"      // as fast as it goes: what arrives of it is the MRR
	LoadPingPong LoadMode = "pingpong" // one packet in flight
	LoadPaced    LoadMode = "paced"    // open loop at Pps
)

// Load is the intended load.
type Load struct {
	Mode LoadMode
	Pps  int64 // segments per second and direction; LoadPaced only
}

// maxPps is far above any host and keeps the interval between packets above a nanosecond's fraction that a float64 holds.
const maxPps = 1_000_000_000

// mrr is another word for the maximum load, after what it measures.
const mrr = "mrr"

const loadAllowed = "max (or mrr), pingpong, or packets per second from 1 to 1G, such as 50000, 50k or 1.2M"

var errLoad = errors.New("not a load")

// String is the load as it stands in a name.
func (l Load) String() string {
	if l.Mode == LoadPaced {
		return strconv.FormatInt(l.Pps, 10)
	}
	return string(l.Mode)
}

// LeastPps returns the smallest load, in packets per second and direction, at which at least one packet is due
// within d; at least one superpacket if the sender makes superpackets.
func (s Scenario) LeastPps(d time.Duration) int64 {
	return int64(math.Ceil(float64(max(s.Segs, 1)) * float64(time.Second) / float64(d)))
}

func parseLoad(text string) (Load, error) {
	if text == mrr {
		text = string(LoadMax)
	}
	switch mode := LoadMode(text); mode {
	case LoadMax, LoadPingPong:
		return Load{Mode: mode}, nil
	}
	pps, err := ParsePps(text)
	if err != nil {
		return Load{}, errLoad
	}
	return Load{Mode: LoadPaced, Pps: pps}, nil
}

var errPps = errors.New("want packets per second from 1 to 1G, such as 50000, 50k or 1.2M")

// ParsePps reads a rate in packets per second as load= has it.
func ParsePps(text string) (int64, error) {
	pps, ok := parsePps(text)
	if !ok || pps < 1 || pps > maxPps {
		return 0, errPps
	}
	return pps, nil
}

// parsePps reads a decimal number with an SI prefix or an exponent. It computes with integers: 1.1M is 1100000 and 0.1 is nothing.
func parsePps(text string) (pps int64, ok bool) {
	text, zeros, ok := cutFactor(text)
	whole, fraction, dotted := strings.Cut(text, ".")
	if !ok || whole == "" || dotted && fraction == "" {
		return 0, false
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > zeros {
		return 0, false
	}
	digits := whole + fraction + strings.Repeat("0", zeros-len(fraction))
	if strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil
}

// cutFactor takes the power of ten off the end of a number: an SI prefix (50k), or an exponent (5e4).
func cutFactor(text string) (number string, zeros int, ok bool) {
	for _, prefix := range []struct {
		letters string
		zeros   int
	}{{"kK", 3}, {"M", 6}, {"G", 9}} {
		if number := strings.TrimRight(text, prefix.letters); len(number) == len(text)-1 {
			return number, prefix.zeros, true
		}
	}
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, true
	}
	zeros, err := strconv.Atoi(text[at+1:])
	return text[:at], zeros, err == nil && zeros >= 0 && zeros <= len("1000000000")
}
