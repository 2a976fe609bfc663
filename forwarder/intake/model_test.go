package intake

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The protocol of the package comment as a model: senders, a ring, a device, a bell and a
// worker, each step of which is one that others can come between. All states that can be
// reached are visited. The device loses, splits and adds packets as it likes, a few times.

const (
	flows     = 2
	perFlow   = 3
	allQueued = 2*flows*perFlow + 2
	stray     = -1 // a packet that did not come past the hook
)

// rules are those of the model, and of it the faults that earlier designs had.
type rules struct {
	wakesByDevice bool // the packet that finds the worker asleep passes into the device
	counts        bool // an unfit packet closes the ring, until as many were read as passed
	trustsRing    bool // the ring is taken from without regard to the device
	settlesAtOnce bool // without the fence before the first packet is taken
	timer         bool // the worker does not sleep for ever
	anyOrder      bool // order does not matter
}

// scene is what happens: which packets fit the ring, and how often device and bell fail.
type scene struct {
	unfit     [flows][perFlow]bool
	early     int8 // packets of the first flow that may be sent before the ring is open
	mishaps   int8
	bellFails int8
	detaches  bool // at any time
}

// What a sender is about to do.
const (
	sends uint8 = iota
	claims
	rings
	publishes
	passes
)

// What the worker is about to do.
const (
	opens uint8 = iota
	fences
	drains
	reads
	marks
	takesFirst
	takes
	arms
	sleeps
	disarms
)

type sending struct {
	step   uint8
	packet int8 // of its flow
	slot   int8
	early  bool // it saw the ring closed
}

type situation struct {
	ring              uint8
	claimed           [flows * perFlow]int8 // packets, plus one; below 0 while not published
	nClaimed, taken   int8
	aside             [flows]bool
	device            [allQueued]int8
	nDevice           int8
	passed, read      int8
	senders           [flows]sending
	step              uint8
	mark              int8
	batch             [2]int8
	nBatch            int8
	bell              bool
	mishaps, bellFail int8
	last              [flows]int8
	arrived, lost     [flows * perFlow]bool
}

func (s *situation) enqueue(packet int8) {
	s.device[s.nDevice] = packet
	s.nDevice++
}

// deliver writes a packet to the other device.
func (s *situation) deliver(packet int8, r rules) error {
	if packet == stray {
		return nil
	}
	flow, n := packet/perFlow, packet%perFlow
	if n < s.last[flow] && !r.anyOrder {
		return fmt.Errorf("packet %d of flow %d is behind packet %d", n, flow, s.last[flow])
	}
	s.last[flow], s.arrived[packet] = n, true
	return nil
}

// ended judges a state in which nothing is left to happen.
func (s *situation) ended() error {
	var missing []string
	for packet, arrived := range s.arrived {
		if sent := int8(packet%perFlow) < s.senders[packet/perFlow].packet; sent && !arrived && !s.lost[packet] {
			missing = append(missing, fmt.Sprint(packet))
		}
	}
	if missing != nil {
		return fmt.Errorf("packets %s wait for ever", strings.Join(missing, ", "))
	}
	return nil
}

// send has the sender of a flow do its next step. It reports whether there was one.
func (m *model) send(s situation, flow int8) bool {
	d := &s.senders[flow]
	packet := flow*perFlow + d.packet
	next := func() { *d = sending{packet: d.packet + 1} }
	switch d.step {
	case sends:
		if d.packet == perFlow || s.ring == closed && s.step <= opens && (flow > 0 || d.packet >= m.early) {
			return false
		}
		unfit := m.unfit[flow][d.packet]
		switch {
		case s.ring == closed || s.aside[flow]:
			d.step, d.early = passes, s.ring == closed
			s.passed++
		case unfit && m.counts:
			s.ring, d.step = closed, passes
			s.passed++
		case unfit && s.ring == young:
			s.lost[packet] = true
			next()
		case unfit:
			s.aside[flow], d.step = true, passes
		default:
			d.step = claims
		}
	case claims:
		switch {
		case s.ring == closed:
			d.step = passes
			s.passed++
		case s.ring == armed && m.wakesByDevice:
			s.ring, d.step = open, passes
			s.passed++
		default:
			d.slot, d.step = s.nClaimed, publishes
			s.claimed[s.nClaimed] = -packet - 1
			s.nClaimed++
			if s.ring == armed {
				s.ring, d.step = open, rings
			}
		}
	case rings:
		d.step = publishes
		if s.bellFail > 0 {
			failed := s
			failed.bellFail--
			if failed.ring == open {
				failed.ring = armed
			}
			m.add(failed)
		}
		s.bell = true
	case publishes:
		s.claimed[d.slot] = packet + 1
		next()
	case passes:
		next()
		if s.mishaps > 0 {
			lost, split := s, s
			lost.mishaps--
			lost.lost[packet] = true
			m.add(lost)
			split.mishaps--
			split.enqueue(packet)
			split.enqueue(packet)
			m.add(split)
		}
		s.enqueue(packet)
	}
	m.add(s)
	return true
}

// work has the worker do its next step. It reports whether there was one.
func (m *model) work(s situation) (worked bool, err error) {
	switch s.step {
	case opens:
		s.ring, s.step = young, fences
		if m.counts {
			s.ring = open
		}
	case fences:
		if !m.settlesAtOnce && slices.ContainsFunc(s.senders[:], func(d sending) bool { return d.step == passes && d.early }) {
			return false, nil
		}
		s.step = drains
	case drains:
		if s.nDevice == 0 || m.settlesAtOnce {
			if s.ring == young {
				s.ring = open
			}
			s.step = reads
			break
		}
		s.readOne()
		err = s.deliver(s.batch[0], m.rules)
		s.nBatch = 0
	case reads:
		for s.nDevice > 0 && int(s.nBatch) < len(s.batch) {
			s.readOne()
		}
		if m.counts && s.ring == closed && s.nClaimed == s.taken && s.read >= s.passed {
			s.ring = open
		}
		if s.step = takes; s.nBatch > 0 {
			s.step = marks
		}
	case marks:
		if s.mark, s.step = s.nClaimed, takesFirst; m.counts || m.trustsRing {
			s.mark = s.taken
		}
	case takesFirst:
		if s.taken < s.mark {
			if s.claimed[s.taken] < 0 {
				return false, nil
			}
			err = s.takeOne(m.rules)
			break
		}
		for _, packet := range s.batch[:s.nBatch] {
			err = cmp.Or(err, s.deliver(packet, m.rules))
		}
		s.batch, s.nBatch, s.mark, s.step = [2]int8{}, 0, 0, takes
	case takes:
		switch {
		case m.counts && s.read < s.passed && s.nDevice > 0:
			s.step = reads
		case s.taken == s.nClaimed:
			s.step = arms
		case s.claimed[s.taken] < 0:
			s.step = reads
		default:
			err = s.takeOne(m.rules)
		}
	case arms:
		s.step = reads
		if s.taken == s.nClaimed {
			switch s.ring {
			case open:
				s.ring, s.step = armed, sleeps
			case armed, closed:
				s.step = sleeps
			}
		}
	case sleeps:
		if !s.bell && s.nDevice == 0 && (!m.timer || s.taken == s.nClaimed) {
			return false, nil
		}
		s.step = disarms
	case disarms:
		if s.ring == armed {
			s.ring = open
		}
		s.bell, s.step = false, reads
	}
	if err == nil {
		m.add(s)
	}
	return true, err
}

// readOne reads a packet of the device into the batch.
func (s *situation) readOne() {
	s.batch[s.nBatch] = s.device[0]
	s.nBatch++
	s.read++
	copy(s.device[:], s.device[1:])
	s.nDevice--
	s.device[s.nDevice] = 0
}

// takeOne delivers the next packet of the ring.
func (s *situation) takeOne(r rules) error {
	s.taken++
	return s.deliver(s.claimed[s.taken-1]-1, r)
}
