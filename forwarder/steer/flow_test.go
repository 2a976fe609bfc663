package steer

import (
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"net/netip"

	"golang.org/x/sys/unix"
)

// flow is one direction of a flow.
type flow struct {
	src, dst netip.AddrPort
	protocol uint8
}

func (f flow) reverse() flow { return flow{f.dst, f.src, f.protocol} }

func (f flow) etherType() uint16 {
	if f.src.Addr().Is4() {
		return unix.ETH_P_IP
	}
	return unix.ETH_P_IPV6
}

// randomFlow is TCP, UDP or something else over the IP version.
func randomFlow(random *rand.Rand, version int) flow {
	endpoint := func() netip.AddrPort {
		var b [16]byte
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		addr := netip.AddrFrom16(b)
		if version == 4 {
			addr = netip.AddrFrom4([4]byte(b[:4]))
		}
		return netip.AddrPortFrom(addr, uint16(random.Uint32()))
	}
	protocols := []uint8{unix.IPPROTO_TCP, unix.IPPROTO_UDP, unix.IPPROTO_SCTP, unix.IPPROTO_ESP}
	return flow{endpoint(), endpoint(), protocols[random.IntN(len(protocols))]}
}

// payload is what follows the IP headers: ports first, also where the protocol has
// none, and then the number.
func (f flow) payload(number uint32) []byte {
	b := binary.BigEndian.AppendUint16(nil, f.src.Port())
	b = binary.BigEndian.AppendUint16(b, f.dst.Port())
	b = binary.BigEndian.AppendUint32(b, number)
	return append(b, make([]byte, 24)...)
}

// number returns what payload was given, from a packet that ends with it.
func number(packet []byte) uint32 { return binary.BigEndian.Uint32(packet[len(packet)-28:]) }

// queue is what the program does, slowly: the queue of a packet whose IP fragment
// field, if any, is not zero by addresses and protocol only.
func (f flow) queue(queues int, fragment bool) int {
	endpoint := func(e netip.AddrPort) uint64 {
		var port uint64
		if !fragment && (f.protocol == unix.IPPROTO_TCP || f.protocol == unix.IPPROTO_UDP) {
			port = uint64(binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, e.Port())))
		}
		b := e.Addr().AsSlice()
		if len(b) == 4 {
			return fmix64(fmix64(uint64(binary.NativeEndian.Uint32(b))) ^ port)
		}
		hash := fmix64(binary.NativeEndian.Uint64(b)) ^ binary.NativeEndian.Uint64(b[8:])
		return fmix64(fmix64(hash) ^ port)
	}
	sum := endpoint(f.src) + endpoint(f.dst) + uint64(f.protocol)
	return int(fmix64(sum) >> 32 % uint64(queues))
}

// fmix64 is the finalizer of MurmurHash3, with the products taken in 128 bits.
func fmix64(x uint64) uint64 {
	for _, factor := range []uint64{0xff51afd7ed558ccd, 0xc4ceb9fe1a85ec53} {
		_, x = bits.Mul64(x^x>>33, factor)
	}
	return x ^ x>>33
}
