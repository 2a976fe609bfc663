package conform

import (
	"slices"
	"testing"

	"tunbench/offload/offloadtest"
)

// TestKernelAgrees: what the kernel's router and bridge deliver is what the slow and obvious
// half of the comparison says, to the byte: neither is wrong about what is right.
func TestKernelAgrees(t *testing.T) {
	requireRoot(t)
	for _, s := range slices.Concat(parse(t, "dev=tun,tap"), parse(t, "dev=tap mtu=9000")) {
		t.Run(Title(s), func(t *testing.T) {
			answers, err := kernel.ask(t.Context(), s, Cases())
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range Cases() {
				if c.packets == nil || c.Group != Legal || c.refuses(s) != "" {
					continue
				}
				ethernet := s.Dev == "tap"
				m := newMaker(c.Name, ethernet, s.MTU)
				c.packets(m)
				arrivals := offloadtest.NewArrivals(ethernet)
				for _, f := range m.frames {
					packets, err := offloadtest.WirePackets(f.bytes, ethernet)
					if err != nil {
						t.Fatal(err)
					}
					arrivals.Expect(offloadtest.Injection{Wire: packets, Flow: offloadtest.Unordered})
				}
				for _, p := range answers[c.Name] {
					if err := arrivals.Take(offloadtest.Frame(p)); err != nil {
						t.Errorf("%s: the kernel delivers another packet: %v", c, err)
						break
					}
				}
				if err := arrivals.Lost(); err != nil {
					t.Errorf("%s: the kernel does not deliver all: %v", c, err)
				}
			}
		})
	}
}
