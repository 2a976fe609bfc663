package plain

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"tunbench/offload"
)

const (
	// A message of UDP_GRO has up to so many packets: 64 of the kernel's own making, or a UDP superpacket as it was
	// sent (UDP_MAX_SEGMENTS in linux/udp.h).
	longestRun = 128
	// messagesGRO and messages are how many messages one call asks for, with and without UDP_GRO.
	messagesGRO, messages = 8, 128
	// frameGap lies before each packet: the vnet header, and as much as puts packets on different cache lines.
	frameGap = 64
)

// inbound moves packets from the socket to the queue.
//
// With UDP_GRO a message is a run of packets end to end, but each has to have a vnet header right before it. So
// they are received into vectors with gaps, as long as the packets of the last run were: of one sender they seldom
// change.
type inbound struct {
	*worker
	gro       bool
	hdrLen    int // of the vnet header
	coalescer *offload.Coalescer

	msgs     []mmsghdr
	controls []control
	slots    []slot
	guess    int    // length of the packets of a run, in bytes
	whole    []byte // a run in one piece
}

// slot is the memory of one message.
type slot struct {
	memory []byte
	iovs   []unix.Iovec
	laid   int // packet length that the vectors are laid out for
}

func newInbound(w *worker, cfg Config) *inbound {
	in := &inbound{worker: w, gro: cfg.UGRO, hdrLen: w.queue.VnetHdrLen(), guess: packetRoom}
	n, run := messages, 1
	if in.gro {
		n, run = messagesGRO, longestRun
		in.guess = 1500
		in.whole = make([]byte, 0, packetRoom)
	}
	in.coalescer = offload.NewCoalescer(offload.CoalesceConfig{
		MaxPackets: n * run, VnetHdrLen: in.hdrLen, Ethernet: w.queue.Ethernet(),
	})
	in.msgs, in.controls, in.slots = make([]mmsghdr, n), make([]control, n), make([]slot, n)
	for i := range in.slots {
		// A run with its gaps, and as much again for what is longer than was expected.
		in.slots[i].memory = make([]byte, 2*packetRoom+run*2*frameGap)
		in.slots[i].iovs = make([]unix.Iovec, 0, run+1)
	}
	return in
}

// lay makes vectors for a run of packets of a length, and one for what is left over.
func (s *slot) lay(length, run int) {
	if s.laid == length {
		return
	}
	s.laid = length
	s.iovs = s.iovs[:0]
	at := frameGap
	for i := 0; i < run && at+length+packetRoom <= len(s.memory); i++ {
		s.iovs = append(s.iovs, vector(s.memory[at:at+length]))
		at += stride(length)
	}
	s.iovs = append(s.iovs, vector(s.memory[at:]))
}

// stride is from one packet to the next.
func stride(length int) int { return (length + 2*frameGap - 1) &^ (frameGap - 1) }

// step receives what is there, up to some messages, and writes it. It returns how many packets there were.
func (in *inbound) step() (packets int, err error) {
	for i := range in.msgs {
		s := &in.slots[i]
		if in.gro {
			s.lay(in.guess, longestRun)
		} else {
			s.lay(packetRoom, 1)
		}
		hdr := &in.msgs[i].hdr
		hdr.Iov = &s.iovs[0]
		hdr.SetIovlen(len(s.iovs))
		hdr.Flags = 0
		if in.gro {
			hdr.Control = (*byte)(unsafe.Pointer(&in.controls[i]))
			hdr.SetControllen(int(unsafe.Sizeof(in.controls[i])))
		}
	}
	n, errno := recvmmsg(in.socket, in.msgs)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR:
		return 0, nil
	case unix.ECONNREFUSED: // an earlier packet of ours found the other end not there yet
		return 1, nil
	default:
		in.dropErrno("receive", errno, 1)
		return 1, nil
	}
	for i := range n {
		packets += in.takeMessage(i)
	}
	return packets, in.write()
}

// takeMessage hands the packets of a message to the coalescer and returns how many they are.
func (in *inbound) takeMessage(i int) (packets int) {
	msg, s := &in.msgs[i], &in.slots[i]
	length := int(msg.len)
	size := length
	if in.gro {
		if run := in.controls[i].segmentSize(int(msg.hdr.Controllen)); run > 0 && run < length {
			size = run
		}
	}
	switch {
	case msg.hdr.Flags&unix.MSG_TRUNC != 0:
		in.drop("truncated", 1)
		return 1
	case length == 0:
		return 1 // nobody's packet
	case size == s.laid, size == length && length <= s.laid: // it lies as it should
	default:
		in.layAnew(s, length, size)
	}
	for at := frameGap; length > 0; at += stride(size) {
		n := min(size, length)
		frame := s.memory[at-in.hdrLen : at+n : at+n]
		clear(frame[:in.hdrLen])
		in.coalescer.Add(frame)
		length -= n
		packets++
	}
	return packets
}

// layAnew moves a run whose packets are of another length than was expected, and expects that length from now on.
func (in *inbound) layAnew(s *slot, length, size int) {
	in.whole = in.whole[:0]
	for i, left := 0, length; left > 0; i++ {
		n := min(int(s.iovs[i].Len), left)
		in.whole = append(in.whole, unsafe.Slice(s.iovs[i].Base, n)...)
		left -= n
	}
	for at, from := frameGap, 0; from < length; at += stride(size) {
		from += copy(s.memory[at:at+size], in.whole[from:])
	}
	in.guess = size
}

// write writes what was received into the queue.
func (in *inbound) write() error {
	outs := in.coalescer.Flush()
	for i := 0; i < len(outs); {
		out := &outs[i]
		_, errno := in.queue.Writev(out.Iovs)
		switch {
		case errno == unix.EAGAIN:
			if err := in.await(unix.POLLOUT, 0); err != nil {
				return err
			}
			if in.end.stop.Load() {
				return nil
			}
			continue
		case errno == unix.EINTR:
			continue
		case errno == unix.EBADFD:
			return in.deviceError("write to", errno)
		case errno != 0:
			in.dropErrno("write", errno, out.Segments)
		}
		i++
	}
	return nil
}
