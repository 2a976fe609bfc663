package results

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadCases(t *testing.T) {
	const line = `{"schema":1,"kind":"case","setting":"dut=forwarder","case":"legal/sizes","outcome":"fail","reason":"lost","duration_s":0.5}` + "\n"
	path := filepath.Join(t.TempDir(), "cases.jsonl")
	for name, c := range map[string]struct {
		text, err string
	}{
		"two lines":     {line + line, ""},
		"nothing":       {"", ErrNoCases.Error()},
		"a result file": {`{"schema":4,"record":"host"}` + "\n", ErrNoCases.Error()},
		"torn":          {line + line[:30], "line 2"},
		"newer":         {strings.Replace(line, `:1,`, `:2,`, 1), "newer than 1"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		cases, err := ReadCases(path)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || cases != nil {
				t.Errorf("%s: %v, %v; want an error with %q", name, cases, err, c.err)
			}
			continue
		}
		one := Case{Setting: "dut=forwarder", Case: "legal/sizes", Outcome: "fail", Reason: "lost", DurationS: 0.5}
		if diff := cmp.Diff([]Case{one, one}, cases); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if _, err := ReadCases(path + "-missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
