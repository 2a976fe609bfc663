package plain

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

const (
	// packetRoom holds the longest packet of a device with its vnet header: a 65535-byte IP packet in an Ethernet
	// frame with VLAN tags, and more.
	packetRoom = 64<<10 + 128
	// outboundBytes is how many bytes of packets are read before they are sent: few enough to stay in the cache.
	outboundBytes = 256 << 10
	// headBytes is room for the headers of the segments of one step, before what the last segment may need.
	headBytes = 128 << 10
	// cacheLine keeps packets from sharing lines.
	cacheLine = 64
)

// outbound moves packets from the queue to the socket. All memory is made once; what is sent lies where it was read.
type outbound struct {
	*worker
	batch    int
	ugso     bool
	ethernet bool
	hdrLen   int // of the vnet header
	longest  int // inner packet that fits the physical link, in bytes

	memory    []byte // packets as they were read
	heads     []byte // headers of segments
	headsUsed int
	segmenter offload.Segmenter

	iovs     []unix.Iovec
	msgs     []mmsghdr
	controls []control
	packets  []int // inner packets of each message

	apart []mmsghdr // the packets of a superpacket that was refused
	ones  []int     // how many each of these is

	// The run that the next packet may join: the last message.
	size  int  // of its packets
	bytes int  // in all
	open  bool // another may join
}

// maxVectors is how many vectors one message may have (UIO_MAXIOV in linux/uio.h).
const maxVectors = 1024

func newOutbound(w *worker, cfg Config) *outbound {
	// A superpacket has at most as many segments as it has bytes of payload; more messages than this are sent in
	// several steps.
	const messages = 1024
	return &outbound{
		worker: w, batch: cfg.Batch, ugso: cfg.UGSO, ethernet: w.queue.Ethernet(), hdrLen: w.queue.VnetHdrLen(), longest: longestPayload(w.socket),
		memory: make([]byte, outboundBytes+packetRoom),
		heads:  make([]byte, headBytes+offload.MaxHeaderLen),
		iovs:   make([]unix.Iovec, 0, 4*maxVectors), msgs: make([]mmsghdr, 0, messages),
		controls: make([]control, messages), packets: make([]int, 0, messages),
		apart: make([]mmsghdr, 0, maxRun), ones: make([]int, 0, maxRun),
	}
}

// step reads what is there, up to a batch, and sends it. It returns how many packets it read.
func (o *outbound) step() (n int, err error) {
	for at := 0; n < o.batch && at < outboundBytes; n++ {
		frame := o.memory[at : at+packetRoom]
		iov := [1]unix.Iovec{{Base: &frame[0], Len: packetRoom}}
		length, errno := o.queue.Readv(iov[:])
		if errno == unix.EAGAIN || errno == unix.EINTR {
			break
		}
		if errno != 0 {
			return n, o.deviceError("read from", errno)
		}
		if err := o.take(frame[:length]); err != nil {
			return n, err
		}
		at += (length + cacheLine - 1) &^ (cacheLine - 1)
	}
	if n == 0 {
		return 0, nil
	}
	return n, o.flush()
}

// take makes messages of a packet with its vnet header.
func (o *outbound) take(frame []byte) error {
	var hdr offload.VnetHdr
	if len(frame) <= o.hdrLen || hdr.Decode(frame) != nil {
		o.drop("truncated", 1)
		return nil
	}
	packet := frame[o.hdrLen:]
	if hdr.IsSuperpacket() {
		return o.takeSuperpacket(hdr, packet)
	}
	if hdr.Flags&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM != 0 && !completeChecksum(packet, int(hdr.CsumStart), int(hdr.CsumOffset)) {
		o.drop("checksum position", 1)
		return nil
	}
	return o.add(packet, nil)
}

// completeChecksum finishes a checksum of which only the sum of the pseudo header is there. It is false where the
// packet ends before it.
func completeChecksum(packet []byte, start, offset int) bool {
	at := start + offset
	if at+2 > len(packet) {
		return false
	}
	sum := ^offload.Sum(packet[start:], 0) // the pseudo header's sum is in the field
	if sum == 0 {
		sum = 0xffff // zero would say that a UDP packet has no checksum (RFC 768), and means the same to TCP
	}
	binary.BigEndian.PutUint16(packet[at:], sum)
	return true
}

// takeSuperpacket makes messages of the segments of a superpacket.
func (o *outbound) takeSuperpacket(hdr offload.VnetHdr, packet []byte) error {
	l3, fault := 0, offload.FaultNone
	if o.ethernet {
		l3, fault = offload.L3Offset(packet)
	}
	if fault == offload.FaultNone {
		fault = o.segmenter.Reset(hdr, packet, l3, offload.FullChecksum)
	}
	if fault != offload.FaultNone {
		o.drop(fault.String(), 1)
		return nil
	}
	for {
		if o.headsUsed >= headBytes {
			if err := o.flush(); err != nil {
				return err
			}
		}
		head := o.heads[o.headsUsed:]
		n, payload, ok := o.segmenter.Next(head)
		if !ok {
			return nil
		}
		o.headsUsed += n
		if err := o.add(head[:n:n], payload); err != nil {
			return err
		}
	}
}

// add puts one inner packet, in one or two pieces, into a message: the last one if it can join that.
func (o *outbound) add(head, payload []byte) error {
	size := len(head) + len(payload)
	if size > o.longest {
		o.drop("too long", 1) // its neighbours would be refused with it
		return nil
	}
	if len(o.iovs)+2 > cap(o.iovs) || len(o.msgs) == cap(o.msgs) {
		// The memory of what was read stays as it is until step is over.
		if err := o.send(); err != nil {
			return err
		}
	}
	first := len(o.iovs)
	o.iovs = append(o.iovs, vector(head))
	if len(payload) > 0 {
		o.iovs = append(o.iovs, vector(payload))
	}
	pieces := len(o.iovs) - first
	if o.joins(size, pieces) {
		last := len(o.msgs) - 1
		o.msgs[last].hdr.Iovlen += uint64(pieces)
		o.packets[last]++
		o.bytes += size
		o.open = size == o.size
		return nil
	}
	msg := mmsghdr{}
	msg.hdr.Iov = &o.iovs[first]
	msg.hdr.SetIovlen(pieces)
	o.msgs = append(o.msgs, msg)
	o.packets = append(o.packets, 1)
	o.size, o.bytes, o.open = size, size, o.ugso
	return nil
}

func vector(b []byte) unix.Iovec { return unix.Iovec{Base: unsafe.SliceData(b), Len: uint64(len(b))} }

// joins says whether a packet may be a further segment of the last message, and makes that a UDP superpacket.
func (o *outbound) joins(size, pieces int) bool {
	if !o.open || size > o.size || o.bytes+size > maxPayload {
		return false
	}
	last := len(o.msgs) - 1
	msg := &o.msgs[last]
	if o.packets[last] == maxRun || int(msg.hdr.Iovlen)+pieces > maxVectors {
		return false
	}
	if o.packets[last] == 1 {
		c := &o.controls[last]
		c.setSegment(o.size)
		msg.hdr.Control = (*byte)(unsafe.Pointer(c))
		msg.hdr.SetControllen(int(unsafe.Sizeof(*c)))
	}
	return true
}

// flush sends all messages and frees the memory of headers.
func (o *outbound) flush() error {
	err := o.send()
	o.headsUsed = 0
	return err
}

// send sends all messages.
func (o *outbound) send() error {
	err := o.sendMessages(o.msgs, o.packets)
	o.msgs, o.iovs, o.packets = o.msgs[:0], o.iovs[:0], o.packets[:0]
	o.open = false
	return err
}

// sendMessages sends messages of so many packets each.
func (o *outbound) sendMessages(msgs []mmsghdr, packets []int) error {
	for next := 0; next < len(msgs); {
		n, errno := sendmmsg(o.socket, msgs[next:])
		next += n
		switch errno {
		case 0:
		case unix.EAGAIN:
			if err := o.await(0, unix.POLLOUT); err != nil {
				return err
			}
			if o.end.stop.Load() {
				return nil
			}
		case unix.EINTR, unix.ECONNREFUSED: // the second is of an earlier packet: the other end is not there yet
		default:
			if packets[next] > 1 && slices.Contains([]unix.Errno{unix.EIO, unix.EINVAL, unix.EMSGSIZE}, errno) {
				o.ugso = o.ugso && errno == unix.EMSGSIZE // that is about these packets; the others are about all
				if err := o.sendApart(&msgs[next]); err != nil {
					return err
				}
			} else {
				o.dropErrno("send", errno, packets[next])
			}
			next++
		}
	}
	return nil
}

// sendApart sends the packets of a UDP superpacket one by one where the kernel refuses it: the physical link cannot
// complete checksums, they are turned off (udp_send_skb in net/ipv4/udp.c), or the link has become too small.
func (o *outbound) sendApart(refused *mmsghdr) error {
	size := int((*control)(unsafe.Pointer(refused.hdr.Control)).segment())
	msgs, packets := o.apart[:0], o.ones[:0]
	iovs := unsafe.Slice(refused.hdr.Iov, refused.hdr.Iovlen)
	for len(iovs) > 0 {
		pieces, length := 0, 0
		for pieces < len(iovs) && length < size {
			length += int(iovs[pieces].Len)
			pieces++
		}
		msg := mmsghdr{}
		msg.hdr.Iov = &iovs[0]
		msg.hdr.SetIovlen(pieces)
		msgs, packets = append(msgs, msg), append(packets, 1)
		iovs = iovs[pieces:]
	}
	return o.sendMessages(msgs, packets)
}
