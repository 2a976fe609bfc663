package forwarder

import "testing"

// TestPaceWithPacketsEnough: how many are asked for in the end, if there always are so many.
func TestPaceWithPacketsEnough(t *testing.T) {
	for _, test := range []struct {
		name                 string
		limit, supers, flows int
		want                 int
	}{
		{"not coalesced", 1024, 0, 0, usualBatch},
		{"one flow", 1024, 0, 1, usualBatch},
		{"few flows", 1024, 0, fewFlows, usualBatch},
		{"many flows", 1024, 0, fewFlows + 1, 1024},
		{"many flows, a low limit", 100, 0, 64, 100},
		{"not coalesced, a low limit", 100, 0, 0, 100},
		{"superpackets", 1024, 1, 0, superLimit},
		{"superpackets among many flows", 1024, 1, 64, superLimit},
	} {
		p := pace{limit: test.limit, want: 1}
		for range 64 {
			p.learn(p.next(), test.supers, test.flows)
		}
		if p.want != test.want {
			t.Errorf("%s: asks for %d, want %d", test.name, p.want, test.want)
		}
	}
}

func TestPaceOfFewPackets(t *testing.T) {
	p := pace{limit: 1024, want: 1}
	for _, step := range []struct{ came, want int }{{1, 2}, {2, 4}, {4, 8}, {3, 4}, {0, 1}, {0, 1}} {
		p.ready = true
		p.next()
		if p.learn(step.came, 0, 0); p.want != step.want {
			t.Errorf("after %d packets asks for %d, want %d", step.came, p.want, step.want)
		}
	}
}

// TestPaceLeavesOut a device that had less than it was asked for, until it has more.
func TestPaceLeavesOut(t *testing.T) {
	p := pace{limit: 1024, want: 4}
	p.next()
	p.learn(3, 0, 0)
	for range 2 {
		if n := p.next(); n != 0 {
			t.Errorf("asks for %d packets that are not there", n)
		}
		p.learn(0, 0, 0)
	}
	p.ready = true
	if n := p.next(); n != 4 {
		t.Errorf("then asks for %d, want 4", n)
	}
}
