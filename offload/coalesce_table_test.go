package offload

import "testing"

// numbered returns the key of an IPv4 flow.
func numbered(i int) *flowKey {
	return &flowKey{[6]uint64{ipv4NoOptions, 0, uint64(i)}}
}

// TestFlowTable fills the table far beyond what it is made for: it may lose runs, but
// what it finds must be right.
func TestFlowTable(t *testing.T) {
	const flows = 64
	table := newFlowTable(4 * flows)
	for i := range 4 * flows {
		slot, run, _ := table.find(numbered(i))
		if run != -1 {
			t.Fatalf("flow %d has run %d before it was put", i, run)
		}
		table.put(slot, i, numbered(i))
	}
	found := 0
	for i := range 4 * flows {
		switch _, run, _ := table.find(numbered(i)); run {
		case i:
			found++
		case -1:
		default:
			t.Fatalf("flow %d has run %d", i, run)
		}
	}
	if found < 4*flows*95/100 {
		t.Errorf("found %d of %d flows", found, 4*flows)
	}
	slot, _, _ := table.find(numbered(3))
	table.put(slot, 200, numbered(3))
	if _, run, _ := table.find(numbered(3)); run != 200 {
		t.Errorf("run %d, want the latest", run)
	}
	table.forget()
	if _, run, _ := table.find(numbered(3)); run != -1 {
		t.Errorf("run %d of an empty table", run)
	}
}

// TestFlowTableCollisions has more flows in one place than a place can hold.
func TestFlowTableCollisions(t *testing.T) {
	table := newFlowTable(1024)
	mask := uint64(len(table.slots) - 1)
	var same []*flowKey
	for i := 0; len(same) < 3*maxProbes; i++ {
		if numbered(i).hash()&mask == 5 {
			same = append(same, numbered(i))
		}
	}
	for i, f := range same {
		slot, run, _ := table.find(f)
		if run != -1 {
			t.Fatalf("flow %d has run %d before it was put", i, run)
		}
		table.put(slot, i, f)
		if _, run, _ := table.find(f); run != i {
			t.Fatalf("flow %d has run %d right after it was put", i, run)
		}
	}
}

func TestFlowTableGenerationWraps(t *testing.T) {
	table := newFlowTable(4)
	slot, _, _ := table.find(numbered(1))
	table.put(slot, 1, numbered(1))
	table.generation = 1<<32 - 1
	table.forget()
	if _, run, _ := table.find(numbered(1)); run != -1 {
		t.Errorf("run %d of 2^32 generations ago", run)
	}
}

func TestFlowKeyDiffers(t *testing.T) {
	v4 := flowKey{[6]uint64{ipv4NoOptions, 0x11 << 8, 3}}
	v6 := flowKey{[6]uint64{0x11<<48 | 0x60, 2, 3, 4, 5, 6}}
	for _, tc := range []struct {
		name string
		a    flowKey
		word int
		bit  int
		flow bool // still the same flow
	}{
		{"IPv4 TOS", v4, 0, 8, true},
		{"IPv4 DF", v4, 0, 54, true},
		{"TTL", v4, 1, 0, true},
		{"IPv4 protocol", v4, 1, 8, false},
		{"IPv4 source", v4, 1, 32, false},
		{"IPv4 source, last bit", v4, 1, 63, false},
		{"IPv4 destination", v4, 2, 0, false},
		{"IPv4 ports", v4, 2, 63, false},
		{"traffic class", v6, 0, 0, true},
		{"flow label", v6, 0, 24, true},
		{"hop limit", v6, 0, 56, true},
		{"IPv6 next header", v6, 0, 48, false},
		{"IPv6 source", v6, 1, 0, false},
		{"IPv6 source, last word", v6, 2, 63, false},
		{"IPv6 destination", v6, 3, 1, false},
		{"IPv6 destination, last word", v6, 4, 1, false},
		{"IPv6 ports", v6, 5, 31, false},
	} {
		b := tc.a
		if !b.is(&tc.a) || !b.isFlow(&tc.a) {
			t.Errorf("%s: a key differs from itself", tc.name)
		}
		b.words[tc.word] ^= 1 << tc.bit
		if b.is(&tc.a) || b.isFlow(&tc.a) != tc.flow {
			t.Errorf("%s: same key %v, same flow %v; want false, %v", tc.name, b.is(&tc.a), b.isFlow(&tc.a), tc.flow)
		}
		if tc.flow && b.hash() != tc.a.hash() {
			t.Errorf("%s: the hash differs within a flow", tc.name)
		}
	}
	if v4.is(&v6) || v6.isFlow(&v4) {
		t.Error("IPv4 and IPv6 are the same")
	}
}
