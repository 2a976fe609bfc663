package guest

import (
	"errors"
	"testing"
)

func TestPatternMeansVersionsOfItsSeries(t *testing.T) {
	for _, tc := range []struct {
		pattern, version, release, suite string
		want                             bool
	}{
		{"6.1", "6.1.192-3", "6.1.0-57-cloud-amd64", "bookworm", true},
		{"6.1", "6.12.117-1", "6.12.117+deb13-cloud-amd64", "trixie", false},
		{"6.1", "6.16.3-1", "6.16.3+deb13-cloud-amd64", "trixie-backports", false},
		{"6.1.19", "6.1.192-3", "6.1.0-57-cloud-amd64", "bookworm", false},
		{"6.1.192", "6.1.192-3", "6.1.0-57-cloud-amd64", "bookworm", true},
		{"6.1.192-3", "6.1.192-3", "6.1.0-57-cloud-amd64", "bookworm", true},
		{"6.1.0-57-cloud-amd64", "6.1.192-3", "6.1.0-57-cloud-amd64", "bookworm", true},
		{"trixie:6.12", "6.12.117-1", "6.12.117+deb13-cloud-amd64", "trixie", true},
		{"trixie:6.12", "6.12.117-1~deb12u1", "6.12.117+deb12-cloud-amd64", "bookworm-security", false},
		{"trixie-backports:7.1.3", "7.1.3-1~bpo13+1", "7.1.3+deb13-cloud-amd64", "trixie-backports", true},
	} {
		p, err := ParsePattern(tc.pattern)
		if err != nil {
			t.Fatal(err)
		}
		k := kernelPackage{Version: tc.version, Suite: tc.suite, release: tc.release}
		if got := p.matches(k); got != tc.want {
			t.Errorf("%s means %s of %s: %v, want %v", tc.pattern, tc.version, tc.suite, got, tc.want)
		}
		if p.String() != tc.pattern {
			t.Errorf("%s prints as %s", tc.pattern, p)
		}
	}
}

func TestWrongPatternIsRefused(t *testing.T) {
	for _, text := range []string{"", "6", "6.", "linux", ":6.1", "Trixie:6.1", "trixie:", "6.1 -o x", "--help", "6.1/../x", "a b:6.1"} {
		var wrong *PatternError
		if p, err := ParsePattern(text); !errors.As(err, &wrong) {
			t.Errorf("%q is %+v, %v", text, p, err)
		}
	}
}

func TestPatternsAreTakenOnce(t *testing.T) {
	patterns, err := ParsePatterns("6.1, 6.12,6.1,trixie:6.1")
	if err != nil || len(patterns) != 3 {
		t.Errorf("%v, %v: want three patterns", patterns, err)
	}
}
