package scenario

import (
	"strings"
	"testing"
)

// TestHelp: each key stands in the help text with its doc, its values and its default.
func TestHelp(t *testing.T) {
	help, usual := Help(), usual()
	for _, k := range keys {
		_, after, found := strings.Cut("\n"+help, "\n  "+k.name+" ")
		if !found {
			t.Errorf("%s is missing", k.name)
			continue
		}
		entry := strings.Join(strings.SplitN(after, "\n", 4)[:3], "\n")
		for _, text := range []string{k.doc, k.allowed, "(default " + k.initial(&usual)} {
			if text == "" || !strings.Contains(entry, text) {
				t.Errorf("%s: %q is missing from\n%s", k.name, text, entry)
			}
		}
	}
	for _, line := range strings.Split(help, "\n") {
		if len(line) > 120 {
			t.Errorf("line of %d columns: %s", len(line), line)
		}
	}
}
