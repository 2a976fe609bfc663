package kernel

import (
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/bench/internal/traffic/sink"
	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

// flowModel judges sequence numbers by remembering all of them. It is what the
// windows of the programs and of Go must agree with.
type flowModel struct {
	seen map[uint64]bool
	sink.FlowCounts
}

func (m *flowModel) receive(seq uint64) {
	for other := range m.seen {
		// A block of 64 forgets the block 64 before it, and all earlier ones.
		if other/64 > seq/64 && (other/64-seq/64)%64 == 0 {
			m.TooOld++
			return
		}
	}
	if m.seen[seq] {
		m.Duplicates++
		return
	}
	m.seen[seq] = true
	m.Unique++
	if seq < m.NextSeq {
		m.Reordered++
	}
	m.NextSeq = max(m.NextSeq, seq+1)
}

// Sequences that are right, and wrong in every way; each is fed in superpackets
// where the sink sees them.
func TestSinkAgainstModel(t *testing.T) {
	for name, next := range map[string]func(rnd *rand.Rand, i uint64) uint64{
		"in order":  func(_ *rand.Rand, i uint64) uint64 { return i },
		"lossy":     func(rnd *rand.Rand, i uint64) uint64 { return i*3 + rnd.Uint64N(3) },
		"shuffled":  func(rnd *rand.Rand, i uint64) uint64 { return i + rnd.Uint64N(100) },
		"too old":   func(rnd *rand.Rand, _ uint64) uint64 { return rnd.Uint64N(3 * 4096) },
		"far jumps": func(rnd *rand.Rand, _ uint64) uint64 { return rnd.Uint64N(1<<48) >> rnd.Uint64N(48) },
	} {
		t.Run(name, func(t *testing.T) {
			againstModel(t, func(rnd *rand.Rand, i uint64) []uint64 {
				seqs := make([]uint64, 1+rnd.IntN(4))
				for j := range seqs {
					seqs[j] = next(rnd, i+uint64(j))
				}
				return seqs
			})
		})
	}
}

// Runs of neighbours are recorded at once. They overlap here, cross blocks, and
// come in any order.
func TestSinkRunsAgainstModel(t *testing.T) {
	for name, reach := range map[string]uint64{"dense": 300, "sparse": 3000, "too old": 6000} {
		t.Run(name, func(t *testing.T) {
			againstModel(t, func(rnd *rand.Rand, _ uint64) []uint64 {
				seqs := make([]uint64, 1+rnd.IntN(130))
				first := rnd.Uint64N(reach)
				for j := range seqs {
					seqs[j] = first + uint64(j)
				}
				return seqs
			})
		})
	}
}

// judge is what decides about sequence numbers: a program, or the window in Go.
type judge interface {
	// receive takes segments of one flow that come together.
	receive(flow int, seqs []uint64)
	perFlow() []sink.FlowCounts
}

func judges(t *testing.T, flows int) map[string]judge {
	all := map[string]judge{"Go": make(windowJudge, flows)}
	if os.Geteuid() != 0 {
		return all // the programs need root, the window does not
	}
	for kind := range programs() {
		all[kind] = programJudge{loadTestSink(t, kind, sink.Config{Flows: flows}, 1)}
	}
	return all
}

type windowJudge []sink.Window

func (j windowJudge) receive(flow int, seqs []uint64) {
	for _, seq := range seqs {
		j[flow].Record(seq)
	}
}

func (j windowJudge) perFlow() (counts []sink.FlowCounts) {
	for _, w := range j {
		counts = append(counts, w.Counts)
	}
	return counts
}

type programJudge struct{ sink *loadedSink }

func (j programJudge) receive(flow int, seqs []uint64) {
	j.sink.receiveSegments(traffictest.Stamped(uint16(flow), wire.StampLen, 0, seqs...), wire.StampLen)
}

func (j programJudge) perFlow() []sink.FlowCounts { return j.sink.counts().PerFlow }

// againstModel feeds judges and model with segments whose sequence numbers come
// from next, given how many came before, and compares what they counted.
func againstModel(t *testing.T, next func(rnd *rand.Rand, i uint64) []uint64) {
	const flows = 3
	all := judges(t, flows)
	rnd := rand.New(rand.NewPCG(7, 11))
	models := make([]flowModel, flows)
	for i := range models {
		models[i].seen = make(map[uint64]bool)
	}
	for i := uint64(0); i < 3000; {
		flow := rnd.IntN(flows)
		seqs := next(rnd, i)
		i += uint64(len(seqs))
		for _, seq := range seqs {
			models[flow].receive(seq)
		}
		for _, j := range all {
			j.receive(flow, seqs)
		}
	}
	for name, j := range all {
		for i, got := range j.perFlow() {
			if diff := cmp.Diff(models[i].FlowCounts, got); diff != "" {
				t.Errorf("flow %d, -model +%s:\n%s", i, name, diff)
			}
		}
	}
}
