package wgtun

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/tun"
	"tunbench/offload"
)

// ErrOffset says that Write was called with less room before the packets than the vnet header
// takes, or that a packet is empty.
var ErrOffset = errors.New("no room for the vnet header before the packet, or no packet behind it")

// writer coalesces packets and writes them to one queue.
type writer struct {
	mu        sync.Mutex // one Write at a time
	queue     *tun.Queue
	file      *os.File // of the same queue
	wait      syscall.RawConn
	step      func(fd uintptr) bool // flush, made once
	hdrLen    int
	coalescer *offload.Coalescer
	refused   refused

	outs    []offload.Output // still to be written
	written int              // packets of this Write
	err     error            // the first of this Write
}

func newWriter(queue *tun.Queue, file *os.File) (*writer, error) {
	wait, err := file.SyscallConn()
	if err != nil {
		return nil, err
	}
	w := &writer{queue: queue, file: file, wait: wait, hdrLen: queue.VnetHdrLen()}
	w.step = w.flush
	w.coalescer = offload.NewCoalescer(offload.CoalesceConfig{MaxPackets: BatchSize, VnetHdrLen: w.hdrLen})
	return w, nil
}

// write sends packets that begin at offset of each of bufs. Memory behind a packet is used up to
// its capacity if roomy says so. It returns how many packets were written, and the first error.
func (w *writer) write(bufs [][]byte, offset int, roomy bool) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written, w.err = 0, nil
	w.refused.apart, w.refused.made = false, false // of a Write that was given up
	for len(bufs) > 0 {
		n := min(len(bufs), BatchSize)
		if err := w.add(bufs[:n], offset, roomy); err != nil {
			return w.written, err
		}
		w.outs = w.coalescer.Flush()
		if err := w.wait.Write(w.step); err != nil {
			return w.written, os.ErrClosed
		}
		bufs = bufs[n:]
	}
	return w.written, w.err
}

// leave has all packets of a protocol written one by one from now on.
func (w *writer) leave(protocol uint8) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.coalescer.Leave(protocol)
}

// add gives packets to the coalescer. Nothing is added if one of them has no room.
func (w *writer) add(bufs [][]byte, offset int, roomy bool) error {
	start := offset - w.hdrLen
	for _, buf := range bufs {
		if start < 0 || offset >= len(buf) {
			return fmt.Errorf("write packet at offset %d of %d bytes: %w (it takes %d bytes)", offset, len(buf), ErrOffset, w.hdrLen)
		}
	}
	for _, buf := range bufs {
		frame := buf[start:]
		if !roomy {
			frame = frame[:len(frame):len(frame)]
		}
		clear(frame[:w.hdrLen])
		w.coalescer.Add(frame)
	}
	return nil
}

// flush writes the outputs. It is false while the queue takes no more: then the poller calls it
// again.
func (w *writer) flush(uintptr) bool {
	for len(w.outs) > 0 {
		if w.refused.apart {
			if !w.resend() {
				return false
			}
			w.outs = w.outs[1:]
			continue
		}
		out := &w.outs[0]
		_, errno := w.queue.Writev(out.Iovs)
		switch errno {
		case 0:
			w.written += out.Packets
		case unix.EINTR:
			continue
		case unix.EAGAIN:
			return false
		case unix.EINVAL:
			if w.takeApart(out) {
				continue
			}
			w.failed(errno)
		default:
			w.failed(errno)
			if tun.IsGone(errno) {
				w.outs = nil
				return true
			}
		}
		w.outs = w.outs[1:]
	}
	return true
}

// failed keeps the first error.
func (w *writer) failed(errno syscall.Errno) {
	switch {
	case w.err != nil:
	case tun.IsGone(errno):
		w.err = os.ErrClosed
	default:
		w.err = fmt.Errorf("write to %v: %w", w.queue, errno)
	}
}
