package intake

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"tunbench/forwarder/steer"
)

// TestVerifierWalksLittle: the kernel verifies the program for each device whenever a forwarder starts, and walks through each turn of a
// plain loop. With such loops it walked 134,000 to 276,000 instructions, for up to half a second.
func TestVerifierWalksLittle(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: loads eBPF")
	}
	const most = 80_000
	for name, cfg := range map[string]Config{
		"one queue": {Workers: 1, Queues: 1, VnetHdrLen: 12}, "by hash": {Workers: 1, Queues: 2, Steer: steer.PolicyHash, VnetHdrLen: 12},
	} {
		t.Run(name, func(t *testing.T) {
			spec, err := loadIntake()
			if err != nil {
				t.Fatal(err)
			}
			spec.Maps[intakeMapRings].ValueSize = uint32(memoryAt + cfg.memory() + spareLen)
			for variable, value := range map[string]uint32{
				intakeVarChoice: cfg.choice(), intakeVarQueues: uint32(cfg.Queues), intakeVarLineMask: uint32(cfg.memory()/lineLen - 1),
			} {
				if err := spec.Variables[variable].Set(value); err != nil {
					t.Fatal(err)
				}
			}
			ring, err := newBell(spec.Maps[intakeMapBells].InnerMap)
			if err != nil {
				t.Skip(explain(err))
			}
			defer ring.close()
			spec.Maps[intakeMapBells].Contents = []ebpf.MapKV{{Key: uint32(0), Value: ring.ringBuf}}
			objects, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogLevel: ebpf.LogLevelStats}})
			if err != nil {
				t.Skip(explain(err))
			}
			defer objects.Close()
			said := objects.Programs[intakeProgTake].VerifierLog
			_, after, _ := strings.Cut(said, "processed ")
			walked := 0
			if _, err := fmt.Sscan(after, &walked); err != nil || walked == 0 || walked > most {
				t.Errorf("%d instructions walked, want up to %d (%v):\n%s", walked, most, err, said)
			}
			t.Log(strings.TrimSpace(said))
		})
	}
}
