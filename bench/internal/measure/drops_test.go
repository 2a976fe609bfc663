package measure

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tunbench/bench/internal/testbed"
	"tunbench/results"
)

// TestNoDropReasons: reasons that cannot be had are a note, whatever load it was, and end nothing.
func TestNoDropReasons(t *testing.T) {
	r := &Rig{options: Options{SinkNotes: make([]string, 1, 2)}}
	r.watchDrops(func(*testbed.Testbed) (*dropWatch, error) { return nil, errors.New("not known here") })
	for name, record := range map[string]results.Trial{
		"UDP": {Sink: &results.Sink{Notes: r.options.SinkNotes}},
		"TCP": {},
	} {
		r.noteDrops(&record)
		known := func(note string) bool { return strings.Contains(note, "not known here") }
		if record.Sink == nil || !slices.ContainsFunc(record.Sink.Notes, known) {
			t.Errorf("%s: no note in %+v", name, record.Sink)
		}
	}
	if all := r.options.SinkNotes[:2]; all[1] != "" {
		t.Error("the note is in the options of all trials")
	}
	if err := r.drops.mark(); err != nil {
		t.Error(err)
	}
	if reasons, err := r.drops.report(); reasons != nil || err != nil {
		t.Errorf("reasons %v, %v", reasons, err)
	}

	there := &Rig{}
	there.watchDrops(func(*testbed.Testbed) (*dropWatch, error) { return &dropWatch{}, nil })
	record := results.Trial{}
	if there.noteDrops(&record); there.drops == nil || record.Sink != nil {
		t.Errorf("with reasons: %+v, %+v", there.drops, record.Sink)
	}
}
