package intake

import (
	"strings"
	"testing"
)

// model explores a scene.
type model struct {
	rules
	scene
	seen map[situation]bool
	todo []situation
}

// explore returns an error for the first state that must not be.
func (m *model) explore() error {
	start := situation{mishaps: m.mishaps, bellFail: m.bellFails}
	m.seen, m.todo = map[situation]bool{}, nil
	m.add(start)
	for len(m.todo) > 0 {
		s := m.todo[len(m.todo)-1]
		m.todo = m.todo[:len(m.todo)-1]
		moves := false
		for flow := range int8(flows) {
			moves = m.send(s, flow) || moves
		}
		if s.mishaps > 0 {
			next := s
			next.mishaps--
			next.enqueue(stray)
			m.add(next)
		}
		if m.detaches && s.step >= reads && s.ring != closed {
			next := s
			next.ring = closed
			m.add(next)
		}
		worked, err := m.work(s)
		if err != nil {
			return err
		}
		if !moves && !worked {
			if err := s.ended(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *model) add(s situation) {
	if !m.seen[s] {
		m.seen[s] = true
		m.todo = append(m.todo, s)
	}
}

// scenes are those that the rules have to hold in.
func scenes() []scene {
	var all []scene
	for bits := range 1 << (flows * perFlow) {
		s := scene{mishaps: 1}
		for i := range flows * perFlow {
			s.unfit[i/perFlow][i%perFlow] = bits>>i&1 == 1
		}
		if second := bits >> perFlow; second != 0 && second != 2 { // it is as good as the first
			continue
		}
		s.early, s.detaches = int8(bits%2), bits%4 == 0
		all = append(all, s)
	}
	return all
}

// TestModel: every packet that the device does not lose arrives, those of a flow in their
// order, whatever happens when.
func TestModel(t *testing.T) {
	states := 0
	for _, s := range scenes() {
		m := model{scene: s}
		if err := m.explore(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		states += len(m.seen)
	}
	t.Logf("%d states", states)
	// A bell that fails is made up for by the next packet, or by the timer.
	m := model{scene: scene{mishaps: 1, bellFails: 2}, rules: rules{timer: true}}
	if err := m.explore(); err != nil {
		t.Errorf("bells that fail: %v", err)
	}
}

// TestModelFindsFaults: with the rules of earlier designs, and without one of today's, the model
// finds what went wrong.
func TestModelFindsFaults(t *testing.T) {
	for name, c := range map[string]struct {
		rules rules
		scene scene
		want  string
	}{
		"woken by a packet that the device loses":      {rules{wakesByDevice: true, anyOrder: true}, scene{mishaps: 1}, "wait for ever"},
		"counted, and one comes as two":                {rules{counts: true}, scene{mishaps: 1, unfit: [flows][perFlow]bool{{true}}}, "is behind"},
		"counted, and one comes that was not":          {rules{counts: true}, scene{mishaps: 1, unfit: [flows][perFlow]bool{{false, true}}}, "is behind"},
		"the ring does not go first":                   {rules{trustsRing: true}, scene{unfit: [flows][perFlow]bool{{false, true}}}, "is behind"},
		"taken from before what is on its way is read": {rules{settlesAtOnce: true}, scene{early: 1}, "is behind"},
		"a bell fails, and there is no timer":          {rules{}, scene{bellFails: 3}, "wait for ever"},
	} {
		t.Run(name, func(t *testing.T) {
			m := model{rules: c.rules, scene: c.scene}
			if err := m.explore(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("after %d states: %v; want an error with %q", len(m.seen), err, c.want)
			}
		})
	}
}
