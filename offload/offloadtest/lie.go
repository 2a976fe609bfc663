package offloadtest

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Lie returns what would be the flow's next packet if some field of it were true. The
// flow goes on as if it had not been.
func Lie(f *Flow) []byte {
	before := *f
	p := f.Next(f.Payload(1+f.random.IntN(1400)), ACK)
	*f = before
	ip, l4 := p[f.L3():], p[f.L4():]
	lies := []func(){
		func() { p = p[:max(f.L3(), 1)+f.random.IntN(len(p)-max(f.L3(), 1))] },
		func() { setIPLen(ip, f.Version, f.random.IntN(len(ip))) },
		func() { setIPLen(ip, f.Version, len(ip)+1+f.random.IntN(1000)) },
		func() { setIPLen(ip, f.Version, 0) },
		func() { p = append(p, 1, 2, 3) },
		func() { ip[0] ^= 0x20 }, // 4 becomes 6, 6 becomes 4
		func() { ip[0] = ip[0]&15 | 0x70 },
	}
	if f.Version == 4 {
		lies = append(lies,
			func() { ip[0] = 0x40 | byte(f.random.IntN(5)); fixIPv4Checksum(ip) },
			func() { ip[0] = 0x4f; fixIPv4Checksum(ip) },
			func() { ip[10] ^= 1 })
	} else {
		lies = append(lies,
			func() { p = chain(p[:f.L3()+ipv6Len], 40) },
			func() { p = chain(p[:f.L3()+ipv6Len], 1); p = p[:len(p)-1] })
		if f.plain() {
			lies = append(lies, func() { ip[6] = unix.IPPROTO_HOPOPTS }) // the L4 header is none
		}
	}
	if f.Protocol == unix.IPPROTO_TCP {
		lies = append(lies,
			func() { l4[12] = byte(f.random.IntN(5)) << 4 },
			func() { l4[12] = 0xf0; p = p[:f.L4()+tcpLen] })
	} else {
		lies = append(lies,
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(f.random.IntN(8))) },
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)+1)) },
			func() { binary.BigEndian.PutUint16(l4[4:], uint16(len(l4)-1)) })
	}
	lies[f.random.IntN(len(lies))]()
	return p
}

// setIPLen has an IP header claim n bytes, its own included.
func setIPLen(ip []byte, version, n int) {
	if version == 6 {
		binary.BigEndian.PutUint16(ip[4:], uint16(max(n-ipv6Len, 0)))
		return
	}
	binary.BigEndian.PutUint16(ip[2:], uint16(n))
	SetIPv4Checksum(ip)
}

// fixIPv4Checksum is for headers that may claim to be longer than the packet.
func fixIPv4Checksum(ip []byte) {
	if ipv4HeaderLen(ip) <= len(ip) && ipv4HeaderLen(ip) >= ipv4Len {
		SetIPv4Checksum(ip)
	}
}

// chain adds n extension headers to an IPv6 header, and nothing behind them.
func chain(p []byte, n int) []byte {
	ip := p[len(p)-ipv6Len:]
	ip[6] = unix.IPPROTO_DSTOPTS
	binary.BigEndian.PutUint16(ip[4:], uint16(8*n))
	for range n {
		p = append(p, unix.IPPROTO_DSTOPTS, 0, 1, 4, 0, 0, 0, 0)
	}
	return p
}
