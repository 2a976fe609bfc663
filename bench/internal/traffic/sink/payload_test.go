package sink_test

import (
	"bytes"
	"testing"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

func TestJudge(t *testing.T) {
	whole := traffictest.Stamped(1, 1373, 0, 7)
	for _, verify := range []bool{false, true} {
		if stamp, v := sink.Judge(whole, 2, verify); v != sink.Good || stamp != (wire.Stamp{Flow: 1, Seq: 7}) {
			t.Errorf("whole: %+v, %v", stamp, v)
		}
		if _, v := sink.Judge(whole, 1, verify); v != sink.Foreign {
			t.Errorf("unknown flow: %v", v)
		}
		if _, v := sink.Judge(whole[:wire.StampLen-1], 2, verify); v != sink.Foreign {
			t.Errorf("no stamp: %v", v)
		}
		for at := range whole {
			damaged := bytes.Clone(whole)
			damaged[at] ^= 0x10
			want := sink.Good
			if verify || at < wire.StampLen {
				want = sink.Corrupt
			}
			if _, v := sink.Judge(damaged, 2, verify); v != want {
				t.Errorf("verify=%v, byte %d: %v, want %v", verify, at, v, want)
			}
		}
	}
}
