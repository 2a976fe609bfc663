package traffic

import (
	"net/netip"
	"testing"

	"tunbench/bench/internal/traffic/load"
	"tunbench/bench/internal/traffic/traffictest"
)

// Every kind sends from one profile, and none is a nil pointer where it cannot.
func TestNewGenerator(t *testing.T) {
	traffictest.RequireRoot(t)
	profile := load.Profile{
		Src: netip.MustParseAddr("127.0.0.1"), Dst: netip.MustParseAddr("127.0.0.2"),
		Port: traffictest.Port, Flows: 1, Sizes: load.OneSize(64),
	}
	for _, kind := range []GeneratorKind{GeneratorXDP, GeneratorSocket} {
		cfg := GeneratorConfig{Kind: kind, Profile: profile, CPU: -1, Segments: 1}
		traffictest.Open(t, NewGenerator, cfg)
		cfg.Flows = 0
		if g, err := NewGenerator(cfg); err == nil || g != nil {
			t.Errorf("%s of no flows: %v, %v", kind, g, err)
		}
	}
	if g, err := NewGenerator(GeneratorConfig{Kind: "pcap", Profile: profile}); err == nil || g != nil {
		t.Errorf("unknown kind: %v, %v", g, err)
	}
}
