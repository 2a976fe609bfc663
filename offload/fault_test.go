package offload

import "testing"

func TestFaultNames(t *testing.T) {
	seen := map[string]Fault{}
	for f := range Fault(NumFaults) {
		name := f.String()
		if other, ok := seen[name]; ok || name == Fault(NumFaults).String() {
			t.Errorf("fault %d is called %q, as is %d", f, name, other)
		}
		seen[name] = f
	}
}
