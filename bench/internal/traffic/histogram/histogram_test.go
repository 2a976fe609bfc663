package histogram

import "testing"

func TestRecordKeepsTheEnds(t *testing.T) {
	h := New()
	Record(h, -5, 2)
	Record(h, 1<<40, 3)
	counts := h.Export().Counts
	if counts[0] != 2 || counts[len(counts)-1] != 3 {
		t.Errorf("first bucket %d, last %d; want 2 and 3", counts[0], counts[len(counts)-1])
	}
}
