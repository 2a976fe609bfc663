package faulty

import (
	"errors"
	"fmt"
	"maps"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder"
	"tunbench/forwarder/tun"
)

// way is one direction between the two queues, with what was counted on it.
type way struct {
	src, dst *tun.Queue
	tally    tally
	iov      [1]unix.Iovec
}

// tally counts packets; every one is a segment, since there is no vnet header.
type tally struct {
	read, readBytes, emptyReads, written uint64
	writeErrors                          map[string]uint64 // by errno name
}

// read returns the next packet, in buf, or none if there is none.
func (w *way) read(buf []byte) (packet []byte, err error) {
	w.iov[0].Base = &buf[0]
	w.iov[0].SetLen(len(buf))
	n, errno := w.src.Readv(w.iov[:])
	switch errno {
	case 0:
		w.tally.read++
		w.tally.readBytes += uint64(n)
		return buf[:n], nil
	case unix.EAGAIN, unix.EINTR:
		w.tally.emptyReads++
		return nil, nil
	}
	return nil, deviceError("read from", w.src, errno)
}

// write sends a packet. It fails only when the device cannot be used any more.
func (w *way) write(packet []byte) error {
	w.iov[0].Base = &packet[0]
	w.iov[0].SetLen(len(packet))
	_, errno := w.dst.Writev(w.iov[:])
	if errno == 0 {
		w.tally.written++
		return nil
	}
	if w.tally.writeErrors == nil {
		w.tally.writeErrors = map[string]uint64{}
	}
	w.tally.writeErrors[unix.ErrnoName(errno)]++
	if tun.IsGone(errno) {
		return deviceError("write to", w.dst, errno)
	}
	return nil
}

func deviceError(verb string, q *tun.Queue, errno syscall.Errno) error {
	if tun.IsGone(errno) {
		return fmt.Errorf("%s %v: %w", verb, q, errors.Join(tun.ErrGone, errno))
	}
	return fmt.Errorf("%s %v: %w", verb, q, errno)
}

func (t tally) clone() tally {
	t.writeErrors = maps.Clone(t.writeErrors)
	return t
}

// stats is the tally with a number of drops, as a forwarder would say it.
func (t tally) stats(drops uint64) forwarder.DirectionStats {
	s := forwarder.DirectionStats{
		ReadPackets:     t.read,
		ReadSegments:    t.read,
		ReadBytes:       t.readBytes,
		WrittenPackets:  t.written,
		WrittenSegments: t.written,
		EmptyReads:      t.emptyReads,
		WriteErrors:     maps.Clone(t.writeErrors),
	}
	if drops > 0 {
		s.Drops = map[string]uint64{DropReason: drops}
	}
	return s
}
