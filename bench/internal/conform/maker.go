package conform

import (
	"bytes"
	"hash/fnv"
	"math/rand/v2"

	"golang.org/x/sys/unix"

	"tunbench/offload"
	"tunbench/offload/offloadtest"
)

// frame is what is sent: a vnet header and a packet.
type frame struct {
	bytes []byte
	lies  bool // it contradicts itself: nobody has to deliver it
}

// maker makes the frames of one case, the same ones each time.
type maker struct {
	ethernet bool
	mtu      int // bytes of an IP packet
	random   *rand.Rand
	flows    int
	frames   []frame
}

func newMaker(name string, ethernet bool, mtu int) *maker {
	h := fnv.New64a()
	h.Write([]byte(name))
	return &maker{ethernet: ethernet, mtu: mtu, random: rand.New(rand.NewPCG(h.Sum64(), 0))}
}

// flow makes one that has a number of its own.
func (m *maker) flow(s offloadtest.Spec) *offloadtest.Flow {
	s.Number, s.Ethernet = m.flows%256, m.ethernet
	m.flows++
	return offloadtest.NewFlow(s, m.random)
}

// room returns the longest payload that a packet of the flow has room for.
func (m *maker) room(f *offloadtest.Flow) int { return m.mtu - (f.HeadersLen() - f.L3()) }

// whole sends a packet as it is, with its checksum.
func (m *maker) whole(packet []byte) {
	m.frames = append(m.frames, frame{bytes: offloadtest.Frame(packet)})
}

// partial sends a packet of the flow whose checksum is left to do.
func (m *maker) partial(f *offloadtest.Flow, packet []byte) {
	m.frames = append(m.frames, frame{bytes: f.Partial(packet)})
}

// each sends a packet with its checksum, and the next with the checksum left to do.
func (m *maker) each(f *offloadtest.Flow, size int, flags uint16) {
	m.whole(f.Next(f.Payload(size), flags))
	m.partial(f, f.Next(f.Payload(size), flags))
}

// superpacket sends one of so many whole segments and a last one with tail bytes. Flags are
// the first segment's and the last one's, beside ACK.
func (m *maker) superpacket(f *offloadtest.Flow, size, segments, tail int, first, last uint16) {
	var packets [][]byte
	for i := range segments + 1 {
		flags, length := uint16(offloadtest.ACK), size
		if i == 0 {
			flags |= first
		}
		if i == segments {
			flags, length = flags|last, tail
		}
		packets = append(packets, f.Next(f.Payload(length), flags))
	}
	m.frames = append(m.frames, frame{bytes: f.Superpacket(packets, size)})
}

// lie sends what contradicts itself.
func (m *maker) lie(bytes []byte) { m.frames = append(m.frames, frame{bytes, true}) }

// segments says how many packets of a wire a frame is, as far as that can be said.
func (f frame) segments(ethernet bool) int {
	if !f.isSuperpacket() {
		return 1
	}
	packets, err := offloadtest.WirePackets(f.bytes, ethernet)
	if err != nil {
		return 1
	}
	return len(packets)
}

// packet is the frame without its vnet header.
func (f frame) packet() []byte { return f.bytes[offload.VnetHdrLen:] }

// linear is the frame with a header length in its vnet header, where it is no superpacket and
// has none: only then a packet socket puts the headers of a packet longer than a page where
// programs that choose the queue find them, as those of a packet from a stack are.
func (f frame) linear(ethernet bool) []byte {
	const mostOfL4 = 20 // bytes
	h, ok := offloadtest.Parse(f.packet(), ethernet)
	var hdr offload.VnetHdr
	_ = hdr.Decode(f.bytes) // it has one
	if f.lies || !ok || hdr.IsSuperpacket() || hdr.HdrLen > 0 {
		return f.bytes
	}
	hdr.HdrLen = uint16(min(len(f.packet()), h.L4+mostOfL4))
	b := bytes.Clone(f.bytes)
	_ = hdr.Encode(b)
	return b
}

func (f frame) isSuperpacket() bool {
	var hdr offload.VnetHdr
	return hdr.Decode(f.bytes) == nil && hdr.IsSuperpacket()
}

// readings are the packets that a frame which contradicts itself may stand for: the packet as
// it is, its segments, and the packet with its checksum done.
func (f frame) readings(ethernet bool) [][]byte {
	all := [][]byte{f.packet()}
	single := bytes.Clone(f.bytes)
	var hdr offload.VnetHdr
	_ = hdr.Decode(single) // it has one
	hdr.GSOType, hdr.GSOSize = unix.VIRTIO_NET_HDR_GSO_NONE, 0
	_ = hdr.Encode(single)
	for _, reading := range [][]byte{f.bytes, single} {
		if packets, err := offloadtest.WirePackets(reading, ethernet); err == nil {
			all = append(all, packets...)
		}
	}
	return all
}
