package steer

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// Bits of the fragment field: IPv4 (RFC 791) and IPv6 (RFC 8200).
const (
	dontFragmentV4  = 0x4000
	moreFragmentsV4 = 0x2000
	moreFragmentsV6 = 0x0001
)

const ipv6HdrLen = 40

// packet is an IP packet of the flow as most are.
func (f flow) packet(number uint32) []byte {
	if f.etherType() == unix.ETH_P_IP {
		return f.ipv4(dontFragmentV4, nil, f.payload(number))
	}
	return f.ipv6(nil, f.payload(number))
}

// ipv4 is an IPv4 packet with a fragment field and options of whole words.
func (f flow) ipv4(fragment uint16, options, payload []byte) []byte {
	const headerLen = 20
	ihl := headerLen + len(options)
	b := []byte{0x40 | byte(ihl/4), 0}
	b = binary.BigEndian.AppendUint16(b, uint16(ihl+len(payload)))
	b = append(b, 0, 1)
	b = binary.BigEndian.AppendUint16(b, fragment)
	b = append(b, 64, f.protocol, 0, 0)
	return slices.Concat(b, f.src.Addr().AsSlice(), f.dst.Addr().AsSlice(), options, payload)
}

// extension is an IPv6 extension header whose first byte, the type of the next header,
// is still to be filled in.
type extension struct {
	kind  uint8
	bytes []byte
}

// Extension headers of the lengths that their second byte says (RFC 8200, RFC 4302).
func hopByHop() extension       { return extension{unix.IPPROTO_HOPOPTS, make([]byte, 8)} }
func routing() extension        { return sized(unix.IPPROTO_ROUTING, 2, 24) }
func destination() extension    { return sized(unix.IPPROTO_DSTOPTS, 1, 16) }
func authentication() extension { return sized(unix.IPPROTO_AH, 4, 24) }

func sized(kind, length uint8, bytes int) extension {
	e := extension{kind, make([]byte, bytes)}
	e.bytes[1] = length
	return e
}

// fragmentHeader is an IPv6 fragment header; its second byte is reserved and must not
// be taken for a length.
func fragmentHeader(field uint16) extension {
	e := sized(unix.IPPROTO_FRAGMENT, 0xff, 8)
	binary.BigEndian.PutUint16(e.bytes[2:], field)
	return e
}

// ipv6 is an IPv6 packet with extension headers.
func (f flow) ipv6(extensions []extension, payload []byte) []byte {
	next := f.protocol
	var chain []byte
	for _, e := range slices.Backward(extensions) {
		header := slices.Clone(e.bytes)
		header[0] = next
		next = e.kind
		chain = append(header, chain...)
	}
	b := []byte{0x60, 0, 0, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(len(chain)+len(payload)))
	b = append(b, next, 64)
	return slices.Concat(b, f.src.Addr().AsSlice(), f.dst.Addr().AsSlice(), chain, payload)
}
