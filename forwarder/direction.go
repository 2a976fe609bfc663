package forwarder

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// copyLimit is up to how many bytes a packet is copied out of its ring: behind the copy is
// room for those that it is coalesced with.
const copyLimit = 320

// direction owns the packets on their way from src to dst, whether they were read or come
// through a ring: their memory, what becomes of them, how many are asked for, and their
// counters. It belongs to one worker.
type direction struct {
	src, dst   *tun.Queue
	vnetHdrLen int

	want   int              // packets to read in the next exchange
	in     *frames          // where they go
	held   *frames          // where the packets lie that outs names
	copies *frames          // of them, those that were copied out of a ring; nil without one
	aside  [][]byte         // packets that were read, while those of a ring go first
	outs   []offload.Output // to be written in the next exchange
	own    []offload.Output // memory for those that go as they came
	iovs   []unix.Iovec     // and for their vectors

	read int // packets that the last exchange brought

	pace  pace
	gro   *gro // nil: never
	split *splitter

	counters  counters
	changed   bool // since they were published
	published published
}

func newDirection(cfg Config, src, dst *tun.Queue, memory [3]*frames, batched bool, note func(string)) *direction {
	d := &direction{
		src: src, dst: dst, vnetHdrLen: src.VnetHdrLen(),
		in: memory[0], held: memory[1], copies: memory[2],
		own:  make([]offload.Output, 0, cfg.Batch),
		iovs: make([]unix.Iovec, cfg.Batch),
	}
	d.split = newSplitter(d.vnetHdrLen, src.Ethernet(), cfg.GSO == GSOSplit, note)
	if d.vnetHdrLen > 0 && cfg.GSO == GSOPass && cfg.GRO == GROAuto {
		d.gro = newGRO(cfg.Batch, d.vnetHdrLen, src.Ethernet())
	}
	d.pace = pace{limit: cfg.Batch, alone: !batched && d.gro == nil, idle: true, want: 1, roof: min(cfg.Batch, usualBatch)}
	return d
}

// arrived takes over what a read into slot k came to.
func (d *direction) arrived(k, length int, errno syscall.Errno) error {
	switch errno {
	case 0:
		d.in.add(k, length)
	case unix.EAGAIN:
		d.counters.emptyReads++
	case unix.EINTR:
	default:
		return deviceError("read from", d.src, errno)
	}
	return nil
}

// arrange holds what the last exchange read. The outputs of the one before must be gone.
func (d *direction) arrange() {
	if d.want > 0 {
		d.in, d.held = d.held, d.in
		d.in.reset()
	} else {
		d.held.reset() // nothing was read: the same memory again, which is in the cache
	}
	if d.read = d.held.len(); d.copies != nil {
		d.copies.reset()
	}
}

// isFull tells whether the direction has as many packets as one batch may have.
func (d *direction) isFull() bool { return d.held.len() >= d.pace.roof }

// add holds a packet of a ring as well. It reports whether there is room for another.
func (d *direction) add(frame []byte) bool {
	d.changed = true
	d.counters.takenPackets++
	if len(frame) <= copyLimit {
		frame = d.copies.copyOf(frame)
	}
	d.held.list = append(d.held.list, frame)
	return !d.isFull()
}

// setAside makes room for packets of a ring that go before those that are held.
func (d *direction) setAside() {
	d.aside, d.held.list = d.held.list, d.held.list[len(d.held.list):]
}

// takeBack holds what was set aside again.
func (d *direction) takeBack() { d.held.list, d.aside = d.aside, nil }

// writeTaken writes what was added since setAside, right now.
func (d *direction) writeTaken() error {
	_, _, err := d.forward(d.held.list)
	err = errors.Join(err, writeAll(d))
	d.held.reset()
	d.copies.reset()
	return err
}

// process turns the packets that are held, which were read or taken from a ring, into the
// outputs of the next exchange. It returns how many they are.
func (d *direction) process() (moved int, err error) {
	moved = d.held.len()
	if moved == 0 && d.want == 0 {
		return 0, nil
	}
	supers, flows, err := d.forward(d.held.list)
	if err != nil {
		return moved, err
	}
	d.pace.learn(d.read, supers, flows)
	return moved, nil
}

// forward makes outputs of packets. It returns how many of them were superpackets, and of
// how many flows those are that were coalesced.
func (d *direction) forward(frames [][]byte) (supers, flows int, err error) {
	d.outs = d.own[:0]
	n := len(frames)
	coalesce := d.gro != nil && n > 1 && d.gro.pays(n)
	for i, frame := range frames {
		segments, super, ok := d.admit(frame)
		if super {
			supers++
		}
		switch {
		case !ok:
		case super && d.split.splits(frame):
			// What came before goes before.
			if err := writeAll(d); err != nil {
				return supers, flows, err
			}
			if err := d.writeSegments(frame, segments); err != nil {
				return supers, flows, err
			}
		case coalesce:
			d.gro.coalescer.Add(frame)
		default:
			d.pass(frame, i, segments)
		}
	}
	if coalesce {
		d.outs, flows = d.gro.flush(n)
	}
	return supers, flows, nil
}

// pass makes an output of a packet as it is.
func (d *direction) pass(frame []byte, i, segments int) {
	d.iovs[i].Base = &frame[0]
	d.iovs[i].SetLen(len(frame))
	d.outs = append(d.outs, offload.Output{
		Iovs: d.iovs[i : i+1 : i+1], Packets: 1, Segments: segments, Bytes: len(frame),
	})
}

// admit counts a packet and says how many segments it stands for, whether it is a
// superpacket, and whether it can be forwarded.
func (d *direction) admit(frame []byte) (segments int, super, ok bool) {
	length := len(frame) - d.vnetHdrLen
	if length <= 0 {
		d.countRead(max(length, 0), 1)
		d.published.drops[DropRunt].Add(1)
		return 1, false, false
	}
	segments, super = d.inspect(frame)
	d.countRead(length, uint64(segments))
	if length == packetBufLen {
		d.published.drops[DropTruncated].Add(uint64(segments))
		return segments, super, false
	}
	return segments, super, true
}

// inspect returns how many segments the packet stands for, and corrects the
// hdr_len of a superpacket: the kernel copies that many bytes into the linear
// part of its buffer, and after a hop the hint may name the whole first packet.
func (d *direction) inspect(frame []byte) (segments int, super bool) {
	if d.vnetHdrLen == 0 || frame[1] == unix.VIRTIO_NET_HDR_GSO_NONE {
		return 1, false
	}
	var hdr offload.VnetHdr
	if hdr.Decode(frame) != nil || !hdr.IsSuperpacket() {
		return 1, false
	}
	d.counters.readSuperpackets++
	packet := frame[d.vnetHdrLen:]
	headerLen, ok := hdr.HeaderLen(packet)
	if !ok {
		return 1, true // contradictory: let the kernel judge it
	}
	d.in.align, d.held.align = headerLen, headerLen
	if int(hdr.HdrLen) != headerLen {
		hdr.HdrLen = uint16(headerLen)
		_ = hdr.Encode(frame) // as long as when it was decoded
	}
	return hdr.SegmentCount(len(packet), headerLen), true
}

// wrote takes over what became of an output's write.
func (d *direction) wrote(out *offload.Output, errno syscall.Errno) error {
	if errno == unix.EINVAL && d.vnetHdrLen > 0 {
		if resent, err := d.resend(out); resent {
			return err
		}
	}
	return d.countWrite(out.Segments, errno)
}

// countWrite counts a write of so many segments. It fails if the device is gone.
func (d *direction) countWrite(segments int, errno syscall.Errno) error {
	if errno == 0 {
		d.counters.writtenPackets++
		d.counters.writtenSegments += uint64(segments)
		return nil
	}
	d.published.countWriteError(errno, uint64(segments))
	if tun.IsGone(errno) {
		return deviceError("write to", d.dst, errno)
	}
	return nil
}

func (d *direction) countRead(bytes int, segments uint64) {
	d.counters.readPackets++
	d.counters.readSegments += segments
	d.counters.readBytes += uint64(bytes)
}

// countIntakeDrops takes over how many segments a ring has dropped in all.
func (d *direction) countIntakeDrops(total uint64) {
	if total != d.counters.intakeDrops {
		d.counters.intakeDrops, d.changed = total, true
	}
}

func deviceError(verb string, q *tun.Queue, errno syscall.Errno) error {
	if tun.IsGone(errno) {
		return fmt.Errorf("%s %v: %w", verb, q, tun.ErrGone) // the errno says less
	}
	return fmt.Errorf("%s %v: %w", verb, q, errno)
}
