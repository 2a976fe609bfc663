package doctor

import (
	"context"
	"os"
	"slices"
	"testing"
)

// TestChecksOnThisHost runs the whole table for real.
func TestChecksOnThisHost(t *testing.T) {
	probed := false
	checks := Checks(t.Context(), Probes{
		BPF: []BPFFeature{{Name: "BPF TCX", Try: func() error { probed = true; return nil }}},
	})
	if !probed {
		t.Error("the BPF probe did not run")
	}
	states := map[string]State{}
	for _, c := range checks {
		t.Logf("%-24s %-9s %s", c.Name, c.State, c.Found)
		if _, twice := states[c.Name]; twice {
			t.Errorf("%q is listed twice", c.Name)
		}
		states[c.Name] = c.State
		if c.Found == "" || !slices.Contains([]State{OK, Missing, Distorts, Unknown}, c.State) {
			t.Errorf("incomplete check %+v", c)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("the rest needs root: abilities are missing without it")
	}
	for _, name := range []string{"privileges", "/dev/net/tun", "devices here", "network namespaces", "BPF TCX"} {
		if states[name] != OK {
			t.Errorf("%s is %q for root, want ok", name, states[name])
		}
	}
}

func TestChecksEndEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range sampled(ctx) {
		if c.State != Unknown {
			t.Errorf("%s is %s after cancellation, want unknown", c.Name, c.State)
		}
	}
}
