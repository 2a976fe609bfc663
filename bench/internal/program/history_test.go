package program

import (
	"errors"
	"strings"
	"testing"
)

// TestHistory: first parents in order, a merge said, and no way that is none.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	author := []string{"-c", "user.name=x", "-c", "user.email=x@example.com"}
	do := func(args ...string) { t.Helper(); git(t, dir, append(author, args...)...) }
	commit := func(subject string) { t.Helper(); do("commit", "-q", "--allow-empty", "-m", subject) }
	do("init", "-q", "-b", "main")
	commit("first")
	do("checkout", "-q", "-b", "side")
	commit("aside")
	do("checkout", "-q", "main")
	commit("second \x1b[31mred")
	do("merge", "-q", "--no-ff", "-m", "joined", "side")
	commit("last")
	shop := NewWorkshop(dir)
	got, err := shop.History(t.Context(), nil, "git:main~3", "main")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range got {
		line := c.Subject
		if c.Merge {
			line += " (merge)"
		}
		lines = append(lines, line)
		if len(c.Hash) != commitDigits || c.Revision() != revisionPrefix+c.Hash {
			t.Errorf("commit %+v", c)
		}
	}
	if got, want := strings.Join(lines, ", "), "first, second ?[31mred, joined (merge), last"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, wrong := range [][2]string{{"main", "main"}, {"main", "main~1"}, {"side", "main"}, {"none", "main"}, {"main~1", "none"}} {
		if _, err := shop.History(t.Context(), nil, wrong[0], wrong[1]); !errors.Is(err, ErrNotFound) {
			t.Errorf("from %s to %s: %v", wrong[0], wrong[1], err)
		}
	}
}
