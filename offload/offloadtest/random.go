package offloadtest

import (
	"math/rand/v2"

	"golang.org/x/sys/unix"
)

// Link is what may come before the IP header.
type Link int

// What may come before the IP header.
const (
	NoLink    Link = iota
	PlainLink      // an Ethernet header
	VLANLink       // an Ethernet header, in some flows with a VLAN tag
)

// RandomFlow makes a flow of its own addresses with random properties.
func RandomFlow(number int, random *rand.Rand, link Link, protocol uint8) *Flow {
	s := Spec{Number: number, Version: 4 + 2*random.IntN(2), Protocol: protocol, Ethernet: link != NoLink}
	s.TOS = []byte{0, 0, 0xb8, 2}[number%4] // DSCP EF, ECT(0)
	if s.Version == 4 {
		s.Options = [][]byte{nil, nil, nil, NoOperation(), RouterAlert()}[random.IntN(5)]
		s.DF = random.IntN(2) == 0
		s.FixedID = s.DF && random.IntN(2) == 0
	} else {
		s.Extensions = [][]Extension{{HopByHop(), DestinationOptions(16)}, {DestinationOptions(640)}, nil, nil}[random.IntN(4)]
	}
	if random.IntN(4) == 0 && link == VLANLink {
		s.Tags = []byte{0x81, 0x00, 0x20, byte(1 + number)}
	}
	if random.IntN(2) == 0 {
		s.TCPOptions = Timestamps()
	}
	f := NewFlow(s, random)
	if s.FixedID {
		f.ID = 0
	}
	return f
}

// NoOperation is a list of IPv4 options that mean nothing.
func NoOperation() []byte { return []byte{1, 1, 1, 0} }

// RouterAlert is the IPv4 option of RFC 2113.
func RouterAlert() []byte { return []byte{0x94, 4, 0, 0} }

// Timestamps are TCP's option, with two no-operations before it.
func Timestamps() []byte { return []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2} }

// HopByHop are hop-by-hop options, padding only.
func HopByHop() Extension {
	return Extension{unix.IPPROTO_HOPOPTS, []byte{0, 0, 1, 4, 0, 0, 0, 0}}
}

// DestinationOptions are so many bytes, a multiple of eight, of padding.
func DestinationOptions(length int) Extension {
	b := []byte{0, byte(length/8 - 1)}
	for left := length - len(b); left > 0; left = length - len(b) {
		const longest = 254
		n := min(left-2, longest)
		if left-2-n == 1 { // no room for the type and the length of another option
			n--
		}
		b = append(append(b, 1, byte(n)), make([]byte, n)...)
	}
	return Extension{unix.IPPROTO_DSTOPTS, b}
}

// change alters what may change in the middle of a TCP flow.
func (f *Flow) change() {
	if f.Protocol != unix.IPPROTO_TCP {
		return
	}
	switch f.random.IntN(8) {
	case 0:
		f.setWindow()
	case 1:
		f.Ack += 1000
	case 2:
		f.Seq -= uint32(f.random.IntN(3000)) // sent again
	case 3:
		f.Seq += uint32(f.random.IntN(3000)) // lost before
	case 4:
		if len(f.l4) > tcpLen {
			f.l4[len(f.l4)-1]++
		}
	}
}
