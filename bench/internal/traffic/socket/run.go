package socket

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/histogram"
	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/thread"
)

const (
	// patience is how late a refused packet may get before it is given up.
	patience = int64(time.Millisecond)
	// maxErrno is above every errno of Linux.
	maxErrno = 256
)

// run is the state of one Sender.Run, used by its thread alone. Nothing in its
// loops allocates.
type run struct {
	sender *Sender
	walk   load.Walk
	limit  uint64    // packets of the schedule; 0: none
	sent   load.Sent // Offered and Intended in packets of the schedule until result
	errnos [maxErrno]uint64
	shares [maxBatch]uint8 // of the packets in the batch
	dues   [maxBatch]int64 // and when they are due, in ns after the start
}

// flood sends as fast as it goes.
func (r *run) flood(ctx context.Context, d time.Duration) error {
	r.sent.Start = thread.Now()
	now, end := r.sent.Start, r.sent.Start+int64(d)
	var err error
	for now < end && !r.enough() && ctx.Err() == nil && err == nil {
		err = r.floodFlow(r.walk.NextRun(), now)
		now = thread.Now()
	}
	r.sent.Duration = time.Duration(now - r.sent.Start)
	return err
}

// enough tells whether the limit is reached.
func (r *run) enough() bool { return r.limit > 0 && r.sent.Offered >= r.limit }

// floodFlow offers one batch of a flow.
func (r *run) floodFlow(flow uint16, now int64) error {
	s := r.sender
	n := s.batch.cap()
	if r.limit > 0 {
		n = int(min(uint64(n), r.limit-r.sent.Offered))
	}
	segments := uint64(s.cfg.Segments)
	for i := range n {
		r.shares[i] = r.walk.NextShare()
		s.batch.stamp(i, r.shares[i], flow, s.nextSeq[flow]+uint64(i)*segments, now)
	}
	accepted, errno := s.batch.send(s.sockets[flow], 0, n)
	if errno != 0 {
		// The second try is for errors that belong to an earlier packet.
		if r.errnos[errno]++; !transient(errno) {
			accepted, errno = s.batch.send(s.sockets[flow], 0, n)
		}
		if errno != 0 && !transient(errno) {
			return fmt.Errorf("send on flow %d: %w", flow, s.cfg.explain(errno))
		}
	}
	// What was refused is not part of the mix: its sizes come again.
	r.walk.SkipSizes(accepted - n)
	s.nextSeq[flow] += uint64(accepted) * segments
	for _, share := range r.shares[:accepted] {
		r.offered(share)
	}
	return nil
}

// pace sends every packet of the schedule as soon as it is due.
func (r *run) pace(ctx context.Context, sched load.Schedule, d time.Duration) error {
	r.sent.Lateness = histogram.New()
	r.sent.Start = thread.Now()
	total, spread := sched.Cut(d, r.limit)
	var (
		start = r.sent.Start
		reach = int64(r.sender.window.cap())
		next  int64
		err   error
	)
	now := start
	for next < total && now < start+int64(spread+cmp.Or(r.sender.cfg.Grace, load.Grace(spread))) && ctx.Err() == nil && err == nil {
		due := min(sched.DueBy(now-start), total, next+reach)
		if due > next {
			err = r.sendDue(sched, next, due)
			next, now = due, thread.Now()
			continue
		}
		now = thread.WaitUntil(ctx, start+sched.At(next))
	}
	if err == nil {
		now = thread.WaitUntil(ctx, start+int64(spread))
	}
	r.sent.Duration = max(min(spread, time.Duration(now-start)), time.Duration(1))
	r.sent.Intended = uint64(min(sched.DueBy(int64(r.sent.Duration)), total))
	return err
}

// sendDue offers packets from to to-1 of the schedule: of each flow all that are
// among them, a batch with each call.
func (r *run) sendDue(sched load.Schedule, from, to int64) error {
	w := r.sender.window
	w.take(&r.walk, from, to)
	for _, flow := range w.flows {
		list := w.lists[flow]
		for next, left := list.first, list.n; left > 0; {
			n := min(left, r.sender.batch.cap())
			next = r.stampBatch(sched, flow, next, n)
			if err := r.sendBatch(flow, n); err != nil {
				return err
			}
			left -= n
		}
	}
	return nil
}

// stampBatch makes the batch the n packets of a flow that the window has from
// first on, and returns the one after them.
func (r *run) stampBatch(sched load.Schedule, flow uint16, first int32, n int) (next int32) {
	s := r.sender
	for i := range n {
		p := &s.window.packets[first]
		r.shares[i], r.dues[i] = p.share, sched.At(p.number)
		s.batch.stamp(i, p.share, flow, s.nextSeq[flow], r.sent.Start+r.dues[i])
		s.nextSeq[flow] += uint64(s.cfg.Segments)
		first = p.next
	}
	return first
}

// sendBatch offers the first n packets of the batch until each is accepted or
// given up.
func (r *run) sendBatch(flow uint16, n int) error {
	s := r.sender
	for i, failed := 0, false; i < n; {
		now := thread.Now()
		accepted, errno := s.batch.send(s.sockets[flow], i, n)
		for j := i; j < i+accepted; j++ {
			r.offered(r.shares[j])
			histogram.Record(r.sent.Lateness, now-r.sent.Start-r.dues[j], int64(s.cfg.Segments))
		}
		i += accepted
		switch {
		case errno == 0:
			failed = false
			continue
		case transient(errno):
			if now-r.sent.Start-r.dues[i] > patience {
				i++ // given up
				r.sent.Refused++
			}
		case failed:
			return fmt.Errorf("send on flow %d: %w", flow, s.cfg.explain(errno))
		default:
			// A connected socket reports an ICMP error of an earlier packet
			// once. One that comes again belongs to this packet.
			failed = true
		}
		r.errnos[errno]++
	}
	return nil
}

// offered counts a packet of that share.
func (r *run) offered(share uint8) {
	r.sent.Offered++
	r.sent.OfferedBytes += uint64(r.sender.cfg.Segments * r.sender.cfg.Sizes[share].Size)
}

// transient tells whether a packet refused with errno may be accepted later.
func transient(errno unix.Errno) bool {
	switch errno {
	case unix.EAGAIN, unix.ENOBUFS, unix.ENOMEM, unix.EINTR:
		return true
	}
	return false
}

// result returns the counts in segments.
func (r *run) result() load.Sent {
	s := r.sent
	segments := uint64(r.sender.cfg.Segments)
	s.Offered *= segments
	s.Intended *= segments
	s.Refused *= segments
	if s.Intended > s.Offered {
		s.NotOffered = s.Intended - s.Offered
	}
	s.NextSeq = slices.Clone(r.sender.nextSeq)
	for errno, n := range r.errnos {
		if n == 0 {
			continue
		}
		if s.Errors == nil {
			s.Errors = make(map[unix.Errno]uint64)
		}
		s.Errors[unix.Errno(errno)] = n
	}
	return s
}
