package results_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

// TestOneWriterForAFile: while a writer has a file, nobody resumes it and it stays as it is; afterwards it can be resumed, once at a time.
func TestOneWriterForAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	first, err := results.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []results.Record{fixture.Host(), results.End{Status: results.Interrupted}} {
		if err := first.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(by string) {
		t.Helper()
		before, _ := os.ReadFile(path)
		_, err := results.Resume(path, agree)
		var inUse *results.InUseError
		if !errors.As(err, &inUse) || inUse.PID != os.Getpid() || !strings.Contains(err.Error(), path+" is being written by process "+strconv.Itoa(os.Getpid())) {
			t.Errorf("resumed while %s has it: %v", by, err)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("refused, yet changed to %q", after)
		}
	}
	refused("its creator")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second, err := results.Resume(path, agree)
	if err != nil {
		t.Fatal(err)
	}
	refused("who resumed it")
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestResumeAsksFirst: a file that the caller does not want stays as it is and is free again.
func TestResumeAsksFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(path, []byte(hostLine+trialLine+endLine), 0o600); err != nil {
		t.Fatal(err)
	}
	other := errors.New("another design")
	_, err := results.Resume(path, func(f *results.File) error {
		if len(f.Trials) != 1 || f.End == nil {
			t.Errorf("asked about %+v", f)
		}
		return other
	})
	if !errors.Is(err, other) {
		t.Errorf("Resume = %v", err)
	}
	if kept, _ := os.ReadFile(path); string(kept) != hostLine+trialLine+endLine {
		t.Errorf("the file is now %q", kept)
	}
	w, err := results.Resume(path, agree)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
