package forwarder

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// direction moves packets from src to dst. It belongs to one worker.
type direction struct {
	src, dst   *tun.Queue
	vnetHdrLen int
	counters   counters
	published  published
}

// drain moves up to batch packets and returns how many it read: fewer when src
// is empty. It fails only when a device cannot be used any more.
func (d *direction) drain(batch int, b *buffer) (int, error) {
	for moved := range batch {
		n, errno := d.src.Readv(b.forRead(d.vnetHdrLen))
		switch errno {
		case 0:
			if err := d.forward(n, b); err != nil {
				return moved, err
			}
		case unix.EAGAIN:
			d.counters.emptyReads++
			return moved, nil
		case unix.EINTR:
		default:
			return moved, deviceError("read from", d.src, errno)
		}
	}
	return batch, nil
}

// forward writes the packet of which n bytes, vnet header included, were read.
func (d *direction) forward(n int, b *buffer) error {
	length := n - d.vnetHdrLen
	if length <= 0 {
		d.countRead(max(length, 0), 1)
		d.published.drops[DropRunt].Add(1)
		return nil
	}
	segments := uint64(d.inspect(b, length))
	d.countRead(length, segments)
	if length == packetBufLen {
		d.published.drops[DropTruncated].Add(segments)
		return nil
	}
	switch _, errno := d.dst.Writev(b.forWrite(d.vnetHdrLen, length)); {
	case errno == 0:
		d.counters.writtenPackets++
		d.counters.writtenSegments += segments
	case tun.IsGone(errno):
		d.published.countWriteError(errno, segments)
		return deviceError("write to", d.dst, errno)
	default:
		d.published.countWriteError(errno, segments)
	}
	return nil
}

// inspect returns how many segments the packet stands for, and corrects the
// hdr_len of a superpacket: the kernel copies that many bytes into the linear
// part of its buffer, and after a hop the hint may name the whole first packet.
func (d *direction) inspect(b *buffer, length int) int {
	if d.vnetHdrLen == 0 {
		return 1
	}
	var hdr offload.VnetHdr
	if hdr.Decode(b.vnetHdr(d.vnetHdrLen)) != nil || !hdr.IsSuperpacket() {
		return 1
	}
	d.counters.readSuperpackets++
	headerLen, ok := hdr.HeaderLen(b.packet(length))
	if !ok {
		return 1 // contradictory: let the kernel judge it
	}
	b.alignPayload(headerLen)
	if int(hdr.HdrLen) != headerLen {
		hdr.HdrLen = uint16(headerLen)
		_ = hdr.Encode(b.vnetHdr(d.vnetHdrLen)) // as long as when it was decoded
	}
	return hdr.SegmentCount(length, headerLen)
}

func (d *direction) countRead(bytes int, segments uint64) {
	d.counters.readPackets++
	d.counters.readSegments += segments
	d.counters.readBytes += uint64(bytes)
}

func deviceError(verb string, q *tun.Queue, errno syscall.Errno) error {
	if tun.IsGone(errno) {
		return fmt.Errorf("%s %v: %w", verb, q, errors.Join(tun.ErrGone, errno))
	}
	return fmt.Errorf("%s %v: %w", verb, q, errno)
}
