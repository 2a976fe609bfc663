package results_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// agree has nothing against a file.
func agree(*results.File) error { return nil }

// TestResume: what was appended stands in place of the end record or of a torn line, and behind all that was there.
func TestResume(t *testing.T) {
	more := results.Trial{Scenario: "more", Start: fixture.Start}
	for name, tail := range map[string]string{
		"no end": "", "an end": endLine, "a torn line": trialLine[:20], "a line without its newline": trialLine[:len(trialLine)-1],
		"an end and a torn line": endLine + "{\"sch", "nonsense at the end": "\x00\x00\n", "an end, then an empty line": endLine + "\n", "empty lines, then an end": "\n\n" + endLine, "an end, then empty lines": endLine + "\n\n \n",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.jsonl")
			if err := os.WriteFile(path, []byte(hostLine+trialLine+tail), 0o600); err != nil {
				t.Fatal(err)
			}
			w, err := results.Resume(path, agree)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range []results.Record{more, results.End{Status: results.Completed, Trials: 2}} {
				if err := w.Write(r); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := hostLine + trialLine + encodeAll(t, more, results.End{Status: results.Completed, Trials: 2})
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("file (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResumeErrors(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if _, err := results.Resume(path, agree); err == nil {
		t.Error("a file that is not there was resumed")
	}
	for _, text := range []string{"", hostLine[:20], "somebody else's\n", hostLine + "{}\n" + trialLine} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := results.Resume(path, agree); err == nil {
			t.Errorf("%q was resumed", text)
		}
		if kept, _ := os.ReadFile(path); string(kept) != text {
			t.Errorf("%q is now %q", text, kept)
		}
	}
}
