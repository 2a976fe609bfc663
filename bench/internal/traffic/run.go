package traffic

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience is how late a refused packet may get before it is given up.
	patience = int64(time.Millisecond)
	// grace is how long after its end a paced run may still send what is due.
	grace = int64(20 * time.Millisecond)
	// maxErrno is above every errno of Linux.
	maxErrno = 256
)

// run is the state of one Sender.Run, used by its thread alone. Nothing in its
// loops allocates.
type run struct {
	sender *Sender
	sent   Sent // Offered and Intended in packets of the schedule until result
	errnos [maxErrno]uint64
}

// flood sends as fast as it goes.
func (r *run) flood(ctx context.Context, d time.Duration) error {
	r.sent.Start = monotonic()
	now, end := r.sent.Start, r.sent.Start+int64(d)
	var err error
	for flow := 0; now < end && ctx.Err() == nil && err == nil; flow = (flow + 1) % r.sender.cfg.Flows {
		err = r.floodFlow(flow, now)
		now = monotonic()
	}
	r.sent.Duration = time.Duration(now - r.sent.Start)
	return err
}

// floodFlow offers one batch of a flow.
func (r *run) floodFlow(flow int, now int64) error {
	s := r.sender
	n := s.batch.cap()
	segments := uint64(s.cfg.Segments)
	for i := range n {
		s.batch.stamp(i, uint16(flow), s.nextSeq[flow]+uint64(i)*segments, now)
	}
	accepted, errno := s.batch.send(s.sockets[flow], 0, n)
	if errno != 0 {
		// The second try is for errors that belong to an earlier packet.
		if r.errnos[errno]++; !transient(errno) {
			accepted, errno = s.batch.send(s.sockets[flow], 0, n)
		}
		if errno != 0 && !transient(errno) {
			return fmt.Errorf("send on flow %d: %w", flow, errno)
		}
	}
	s.nextSeq[flow] += uint64(accepted) * segments
	r.sent.Offered += uint64(accepted)
	return nil
}

// pace sends every packet of the schedule as soon as it is due.
func (r *run) pace(ctx context.Context, sched schedule, d time.Duration) error {
	r.sent.Lateness = NewHistogram()
	r.sent.Start = monotonic()
	var (
		start = r.sent.Start
		total = sched.total(d)
		reach = int64(r.sender.cfg.Flows * r.sender.batch.cap())
		next  int64
		err   error
	)
	now := start
	for next < total && now < start+int64(d)+grace && ctx.Err() == nil && err == nil {
		due := min(sched.dueBy(now-start), total, next+reach)
		if due > next {
			err = r.sendDue(sched, next, due)
			next, now = due, monotonic()
			continue
		}
		now = waitUntil(ctx, start+sched.at(next))
	}
	if err == nil {
		now = waitUntil(ctx, start+int64(d))
	}
	r.sent.Duration = max(min(d, time.Duration(now-start)), time.Duration(1))
	r.sent.Intended = uint64(min(sched.dueBy(int64(r.sent.Duration)), total))
	return err
}

// sendDue offers packets from to to-1 of the schedule: of each flow all that are
// among them, with one call.
func (r *run) sendDue(sched schedule, from, to int64) error {
	flows := int64(r.sender.cfg.Flows)
	for first := from; first < min(to, from+flows); first++ {
		if err := r.sendFlow(sched, first, to); err != nil {
			return err
		}
	}
	return nil
}

// sendFlow offers packets first, first + flows, … below to: all of one flow.
func (r *run) sendFlow(sched schedule, first, to int64) error {
	s := r.sender
	flows := int64(s.cfg.Flows)
	flow := int(first % flows)
	n := 0
	for k := first; k < to; k += flows {
		s.batch.stamp(n, uint16(flow), s.nextSeq[flow], r.sent.Start+sched.at(k))
		s.nextSeq[flow] += uint64(s.cfg.Segments)
		n++
	}
	for i, failed := 0, false; i < n; {
		now := monotonic()
		accepted, errno := s.batch.send(s.sockets[flow], i, n)
		for j := i; j < i+accepted; j++ {
			r.late(now, sched.at(first+int64(j)*flows))
		}
		i += accepted
		switch {
		case errno == 0:
			failed = false
			continue
		case transient(errno):
			if now-r.sent.Start-sched.at(first+int64(i)*flows) > patience {
				i++ // given up
				r.sent.Refused++
			}
		case failed:
			return fmt.Errorf("send on flow %d: %w", flow, errno)
		default:
			// A connected socket reports an ICMP error of an earlier packet
			// once. One that comes again belongs to this packet.
			failed = true
		}
		r.errnos[errno]++
	}
	return nil
}

// late counts a packet that was offered at now and was due at due ns after the
// start.
func (r *run) late(now, due int64) {
	r.sent.Offered++
	record(r.sent.Lateness, now-r.sent.Start-due, int64(r.sender.cfg.Segments))
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
func (r *run) result() Sent {
	s := r.sent
	segments := uint64(r.sender.cfg.Segments)
	s.Offered *= segments
	s.OfferedBytes = s.Offered * uint64(r.sender.cfg.Size)
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
