package offload

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// arrival is a packet that is being added. Positions are bytes from the start of the
// frame, so behind the vnet header.
type arrival struct {
	frame    []byte
	ether    int // where the Ethernet header begins; ip without one
	ip       int // where the IP header begins
	l4       int // where the TCP or UDP header begins
	payload  int // where the payload begins
	end      int // of the frame, and of the IP packet
	size     int // payload of each segment but the last, which may be shorter
	segments int

	protocol uint8
	csum     csumState
	tcpFlags uint8
	joins    bool // it may be merged
	last     bool // no other may follow it
	fixedID  bool // the next identification may be the same

	id       uint16 // IPv4 identification
	ipSum    uint32 // sum of the IPv4 fields that may differ
	seq      uint32 // TCP
	likeL4   uint64 // TCP fields that must be equal
	likeFrom int    // from here to the payload all bytes must be equal
}

// csumState says how far the L4 checksum can be believed.
type csumState uint8

const (
	csumUnknown csumState = iota // to be verified
	csumValid                    // DATA_VALID: somebody did
	csumPartial                  // NEEDS_CSUM: the sum of the pseudo header
	csumStrange                  // no packet to be merged has such flags
)

const (
	ipv4NoOptions = 0x45 // version and IHL
	ipv4DF        = 0x4000

	// minPlainLen is the shortest IP packet with TCP or UDP.
	minPlainLen = ipv4MinHdrLen + udpHdrLen
)

// read looks at a frame, and fills in its key. It is false if its flow cannot be told:
// then only the frame and its segments are set, and that it does not join.
func (a *arrival) read(k *flowKey, frame []byte, vnetHdrLen int, ethernet bool) bool {
	a.frame, a.end, a.segments = frame, len(frame), 1
	a.joins, a.last = false, false
	if len(frame) < vnetHdrLen {
		return false
	}
	super := frame[posGSOType] != unix.VIRTIO_NET_HDR_GSO_NONE
	if super {
		a.correctHdrLen(vnetHdrLen)
	}
	a.ether, a.ip = vnetHdrLen, vnetHdrLen
	if ethernet {
		l3, f := L3Offset(frame[vnetHdrLen:])
		if f != FaultNone {
			return false
		}
		a.ip += l3
	}
	if !a.readIP(k, frame[a.ip:]) {
		return false
	}
	a.csum = csumUnknown
	if frame[posFlags] != 0 {
		a.csum = csumStateOf(frame[posFlags])
	}
	if a.protocol == unix.IPPROTO_UDP {
		a.readUDP(frame[a.l4:])
	} else {
		a.readTCP(frame[a.l4:])
	}
	if a.csum >= csumPartial && !a.csumHere(vnetHdrLen) {
		a.joins = false
	}
	if super {
		a.readGSO(vnetHdrLen)
	}
	return true
}

// readIP reads an IP header without options or extension headers, in front of TCP or
// UDP, and the port numbers. It is false for any other.
func (a *arrival) readIP(k *flowKey, p []byte) bool {
	switch {
	case len(p) < minPlainLen:
		return false
	case p[0] == ipv4NoOptions:
		return a.readIPv4(k, (*[minPlainLen]byte)(p), len(p))
	case p[0]>>4 == 6 && len(p) >= ipv6HdrLen+udpHdrLen:
		return a.readIPv6(k, (*[ipv6HdrLen + udpHdrLen]byte)(p), len(p))
	}
	return false
}

func (a *arrival) readIPv4(k *flowKey, h *[minPlainLen]byte, length int) bool {
	frag := binary.BigEndian.Uint16(h[ipv4FragPos:])
	total := int(binary.BigEndian.Uint16(h[ipv4TotalLenPos:]))
	if frag&^ipv4DF != 0 || total > length || total < minPlainLen {
		return false
	}
	k.words[0] = binary.LittleEndian.Uint64(h[0:]) & ipv4Key0
	k.words[1] = binary.LittleEndian.Uint64(h[8:]) & ipv4Key1
	k.words[2] = binary.LittleEndian.Uint64(h[16:])
	check := binary.BigEndian.Uint16(h[ipv4CheckPos:])
	a.id = binary.BigEndian.Uint16(h[ipv4IDPos:])
	a.fixedID = frag != 0
	a.ipSum = uint32(total) + uint32(a.id) + uint32(check)
	a.l4 = a.ip + ipv4MinHdrLen
	a.joins = total == length && check != 0xffff // 0, in a form that no kernel writes
	a.protocol = h[ipv4ProtocolPos]
	return a.protocol == unix.IPPROTO_UDP || a.protocol == unix.IPPROTO_TCP
}

func (a *arrival) readIPv6(k *flowKey, h *[ipv6HdrLen + udpHdrLen]byte, length int) bool {
	total := ipv6HdrLen + int(binary.BigEndian.Uint16(h[ipv6PayloadLenPos:]))
	if total > length || total < ipv6HdrLen+udpHdrLen {
		return false
	}
	k.words[0] = binary.LittleEndian.Uint64(h[0:]) & ipv6Key0
	k.words[1] = binary.LittleEndian.Uint64(h[8:])
	k.words[2] = binary.LittleEndian.Uint64(h[16:])
	k.words[3] = binary.LittleEndian.Uint64(h[24:])
	k.words[4] = binary.LittleEndian.Uint64(h[32:])
	k.words[5] = uint64(binary.LittleEndian.Uint32(h[40:]))
	a.id, a.fixedID, a.ipSum = 0, true, 0
	a.l4 = a.ip + ipv6HdrLen
	a.joins = total == length
	a.protocol = h[ipv6NextHdrPos]
	return a.protocol == unix.IPPROTO_UDP || a.protocol == unix.IPPROTO_TCP
}

// readUDP asks for a payload, a length that agrees with that of IP, and a checksum.
func (a *arrival) readUDP(p []byte) {
	h := (*[udpHdrLen]byte)(p)
	a.payload = a.l4 + udpHdrLen
	a.size = a.end - a.payload
	a.likeL4, a.likeFrom = 0, a.payload
	a.seq, a.tcpFlags = 0, 0
	if a.size == 0 || int(binary.BigEndian.Uint16(h[udpLenPos:])) != len(p) || binary.NativeEndian.Uint16(h[udpCheckPos:]) == 0 {
		a.joins = false
	}
}

const (
	tcpAckPos    = 8
	tcpUrgentPos = 18

	tcpFlagSYN = 0x02
	tcpFlagRST = 0x04
	tcpFlagURG = 0x20

	// tcpLastFlags end a superpacket.
	tcpLastFlags = tcpFlagFIN | tcpFlagPSH
	// tcpAloneFlags belong to one segment, or to none of a superpacket. CWR means
	// something else in each segment to those who do accurate ECN (RFC 9768).
	tcpAloneFlags = tcpFlagSYN | tcpFlagRST | tcpFlagURG | tcpFlagCWR
)

// readTCP asks for a payload and for flags that a superpacket can have. Acknowledgment
// number, window and the other flags must be equal, and so must urgent pointer and
// options.
func (a *arrival) readTCP(p []byte) {
	if len(p) < tcpMinHdrLen {
		a.joins = false
		return
	}
	h := (*[tcpMinHdrLen]byte)(p)
	hdrLen := int(h[tcpDataOffPos]>>4) * tcpDataOffUnit
	flags := h[tcpFlagsPos]
	if hdrLen < tcpMinHdrLen || hdrLen >= len(p) || flags&tcpAloneFlags != 0 {
		a.joins = false
		return
	}
	if a.csum != csumPartial && binary.NativeEndian.Uint16(h[tcpCheckPos:]) == 0xffff {
		a.joins = false // 0, in a form that no kernel writes
	}
	const flagsShift = 8 * (tcpFlagsPos - tcpAckPos)
	a.payload = a.l4 + hdrLen
	a.size = a.end - a.payload
	a.likeL4 = binary.LittleEndian.Uint64(h[tcpAckPos:]) &^ (tcpLastFlags << flagsShift)
	a.likeFrom = a.l4 + tcpUrgentPos
	a.seq = binary.BigEndian.Uint32(h[tcpSeqPos:])
	a.tcpFlags = flags
	a.last = flags&tcpLastFlags != 0
}

// csumStateOf reads the flags of a vnet header.
func csumStateOf(flags uint8) csumState {
	switch flags {
	case 0:
		return csumUnknown
	case unix.VIRTIO_NET_HDR_F_DATA_VALID:
		return csumValid
	case unix.VIRTIO_NET_HDR_F_NEEDS_CSUM, unix.VIRTIO_NET_HDR_F_NEEDS_CSUM | unix.VIRTIO_NET_HDR_F_DATA_VALID:
		return csumPartial
	}
	return csumStrange
}

// csumHere reports whether the checksum that has to be completed is that of L4.
func (a *arrival) csumHere(vnetHdrLen int) bool {
	start := int(binary.NativeEndian.Uint16(a.frame[posCsumStart:]))
	at := int(binary.NativeEndian.Uint16(a.frame[posCsumOffset:]))
	return a.csum == csumPartial && start == a.l4-vnetHdrLen && at == csumOffset(a.protocol)
}

// csumOffset returns where the checksum is in TCP or UDP.
func csumOffset(protocol uint8) int {
	if protocol == unix.IPPROTO_TCP {
		return tcpCheckPos
	}
	return udpCheckPos
}

// correctHdrLen counts the segments of a superpacket, and makes its hdr_len right. That of a
// UDP tunnel is left alone.
func (a *arrival) correctHdrLen(vnetHdrLen int) {
	var hdr VnetHdr
	if hdr.Decode(a.frame) != nil {
		return
	}
	packet := a.frame[vnetHdrLen:]
	headerLen, ok := hdr.HeaderLen(packet)
	if !ok {
		return
	}
	a.segments = hdr.SegmentCount(len(packet), headerLen)
	if hdr.GSOType&gsoUDPTunnelMask == 0 {
		binary.NativeEndian.PutUint16(a.frame[posHdrLen:], uint16(headerLen))
	}
}

// readGSO decides whether a superpacket may be merged with others.
func (a *arrival) readGSO(vnetHdrLen int) {
	var hdr VnetHdr
	if hdr.Decode(a.frame) != nil || hdr.Validate(a.frame[vnetHdrLen:], a.ip-vnetHdrLen) != FaultNone {
		a.joins = false
		return
	}
	payload := a.size
	a.size = min(int(hdr.GSOSize), payload)
	a.last = a.last || payload < a.segments*a.size
}

// intactIP verifies the IPv4 header checksum.
func (a *arrival) intactIP() bool {
	return a.frame[a.ip] != ipv4NoOptions || fold(sumWords(a.frame[a.ip:a.l4], 0)) == 0xffff
}

// intactL4 verifies the checksum of TCP or UDP, given the sum of the pseudo header
// without the length. A partial one is intact if it is that sum with the length.
func (a *arrival) intactL4(pseudo uint16) bool {
	l4 := a.frame[a.l4:a.end]
	acc := uint64(pseudo) + uint64(toNative(uint16(len(l4))))
	switch a.csum {
	case csumUnknown:
		return sum(l4, acc)%0xffff == 0
	case csumPartial:
		return fold(acc) == binary.NativeEndian.Uint16(l4[csumOffset(a.protocol):])
	}
	return true
}

// pseudoSum returns the sum of the pseudo header without the length, in the host's byte
// order.
func (a *arrival) pseudoSum() uint16 {
	from, length := ipv6AddrsPos, ipv6AddrsLen
	if a.l4-a.ip == ipv4MinHdrLen {
		from, length = ipv4AddrsPos, ipv4AddrsLen
	}
	addrs := a.frame[a.ip+from:][:length]
	return fold(sumWords(addrs, uint64(toNative(uint16(a.protocol)))))
}
