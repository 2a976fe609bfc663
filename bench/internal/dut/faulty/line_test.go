package faulty

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

// pass lets a packet arrive for each letter, 1 ms apart, capitals for port 2 and
// others for port 1, and returns the last bytes of those that leave: all of a
// millisecond, or a space where there are none.
func pass(l *line, letters string) string {
	var arrived []byte
	var left strings.Builder
	for now := time.Duration(0); now < time.Duration(len(letters))*ms || !l.idle(now); now += ms {
		if i := int(now / ms); i < len(letters) {
			arrived = append(arrived, letters[i])
		}
		before := left.Len()
		for ; len(arrived) > 0 && !l.stalled(now); arrived = arrived[1:] {
			port := uint16(1)
			if unicode.IsUpper(rune(arrived[0])) {
				port = 2
			}
			l.enter(now, udp4(port, string(arrived[:1])))
		}
		for packet, ok := l.leave(now); ok; packet, ok = l.leave(now) {
			left.WriteByte(packet[len(packet)-1])
		}
		if left.Len() == before {
			left.WriteByte(' ')
		}
	}
	return left.String()
}

func TestLine(t *testing.T) {
	for name, test := range map[string]struct {
		faults   Faults
		in, want string
		counts   Counts
	}{
		"nothing":          {Faults{}, "abcdefgh", "abcdefgh", Counts{Read: 8}},
		"drop":             {Faults{DropEvery: 3}, "abcdefgh", "ab de gh", Counts{Read: 8, Dropped: 2}},
		"drop in a row":    {Faults{DropBurst: Burst{4, 2}}, "abcdefgh", "ab  ef  ", Counts{Read: 8, Dropped: 4}},
		"duplicate":        {Faults{DuplicateEvery: 4}, "abcdefgh", "abcddefghh", Counts{Read: 8, Duplicated: 2}},
		"swap":             {Faults{SwapEvery: 3}, "abcdefgh", "ab dce gfh", Counts{Read: 8, Swapped: 2, Overtaken: 2}},
		"swap all":         {Faults{SwapEvery: 1}, "abcdefgh", " ba dc fe hg", Counts{Read: 8, Swapped: 4, Overtaken: 4}},
		"swap and drop":    {Faults{SwapEvery: 3, DropEvery: 4}, "abcdefgh", "ab  ec gf ", Counts{Read: 8, Dropped: 2, Swapped: 2, Overtaken: 2}},
		"swap the last":    {Faults{SwapEvery: 4}, "abcd", "abc          d", Counts{Read: 4}},
		"swap a duplicate": {Faults{SwapEvery: 3, DuplicateEvery: 3}, "abcde", "ab dcce", Counts{Read: 5, Swapped: 1, Duplicated: 1, Overtaken: 1}},
		"swap and delay":   {Faults{SwapEvery: 2, Delay: 2 * ms}, "abcde", "  a cb ed", Counts{Read: 5, Swapped: 2, Delayed: 5, Overtaken: 2}},
		"delay":            {Faults{Delay: 3 * ms}, "abcdefgh", "   abcdefgh", Counts{Read: 8, Delayed: 8}},
		"delay some":       {Faults{DelayEvery: DelayEvery{3, 2 * ms}}, "abcdefgh", "ab dec ghf", Counts{Read: 8, Delayed: 2, Overtaken: 2}},
		"delay some more": {
			Faults{Delay: 2 * ms, DelayEvery: DelayEvery{4, 2 * ms}},
			"abcdefgh",
			"  abc efdg  h",
			Counts{Read: 8, Delayed: 8, Overtaken: 1},
		},
		"stall":           {Faults{Stall: Stall{2, 3 * ms}}, "abcdefgh", "ab   cdefgh", Counts{Read: 8}},
		"stall and delay": {Faults{Stall: Stall{2, 3 * ms}, Delay: ms}, "abcdef", " a   bcdef", Counts{Read: 6, Delayed: 6}},
		"flip the last":   {Faults{FlipEvery: 4, FlipAt: -1}, "abcdefgh", "abc\x9befg\x97", Counts{Read: 8, Flipped: 2}},
		"flip and drop":   {Faults{FlipEvery: 1, DropEvery: 2}, "abcd", "\x9e \x9c ", Counts{Read: 4, Flipped: 2, Dropped: 2}},
		"skip":            {Faults{Skip: 3, DropEvery: 2}, "abcdefgh", "abcd f h", Counts{Read: 5, Dropped: 2}},
		"match":           {Faults{MatchPort: 2, DropEvery: 2}, "aAbBcCdD", "aAb cCd ", Counts{Read: 4, Dropped: 2}},
		"match and skip":  {Faults{MatchPort: 2, Skip: 1, DropEvery: 1}, "aAbBcCdD", "aAb c d ", Counts{Read: 3, Dropped: 3}},
		"others overtake": {Faults{MatchPort: 2, Delay: 2 * ms}, "AbCd", " bAdC", Counts{Read: 2, Delayed: 2}},
		"disarmed":        {Faults{AwaitArm: true, DropEvery: 1}, "abc", "abc", Counts{}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &line{faults: test.faults, armed: !test.faults.AwaitArm, patience: swapPatience}
			if got := pass(l, test.in); got != test.want {
				t.Errorf("%q left as %q, want %q", test.in, got, test.want)
			}
			if diff := cmp.Diff(test.counts, l.counts); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFlipAt says which byte is inverted: of an Ethernet header of 14 bytes, IPv4 of
// 20, UDP of 8, payload of 3.
func TestFlipAt(t *testing.T) {
	other := with(inEthernet(udp4(1, "xyz")), 14+9, 6) // TCP, for all we know
	for name, test := range map[string]struct {
		packet []byte
		flipAt int
		want   int // -1: none
	}{
		"first of the payload":     {inEthernet(udp4(1, "xyz")), 0, 42},
		"last of the payload":      {inEthernet(udp4(1, "xyz")), 2, 44},
		"beyond":                   {inEthernet(udp4(1, "xyz")), 3, -1},
		"last":                     {inEthernet(udp4(1, "xyz")), -1, 44},
		"first of all":             {inEthernet(udp4(1, "xyz")), -45, 0},
		"before":                   {inEthernet(udp4(1, "xyz")), -46, -1},
		"IPv6":                     {inEthernet(udp6(1, "xyz")), 1, 63},
		"no UDP payload":           {other, 0, -1},
		"last of what is not UDP":  {other, -1, 44},
		"first of an empty packet": {nil, -1, -1},
	} {
		before := string(test.packet)
		l := &line{faults: Faults{FlipEvery: 1, FlipAt: test.flipAt}, ethernet: true, armed: true}
		l.enter(0, test.packet)
		got, _ := l.leave(0)
		flipped := -1
		for i := range got {
			if got[i] == before[i]^0xff {
				flipped = i
			} else if got[i] != before[i] {
				t.Errorf("%s: byte %d is %#x", name, i, got[i])
			}
		}
		if flipped != test.want || l.counts.Flipped > 0 != (flipped >= 0) {
			t.Errorf("%s: byte %d was inverted, counted %d, want byte %d", name, flipped, l.counts.Flipped, test.want)
		}
	}
}
