package campaign

import (
	"testing"

	"tunbench/results"
)

// TestBuildAgain: the words ask for the same programs another day.
func TestBuildAgain(t *testing.T) {
	revision, folder, own := build{word: "git:0123456789ab"}, build{word: "."}, build{label: "this program"}
	for _, test := range []struct {
		build  build
		commit string
		want   string
	}{
		{revision, "abcdef", "git:0123456789ab"},
		{folder, "abcdef", "."},
		{own, "abcdef", "git:abcdef"},
		{own, "abcdef+dirty", "."},
		{own, "", "."},
	} {
		if got := test.build.again(results.Host{Commit: test.commit}); got != test.want {
			t.Errorf("%+v at %q: %s, want %s", test.build, test.commit, got, test.want)
		}
	}
	if got := own.name(results.Host{Version: "v1", Commit: "abcdef"}); got != "this program (v1 abcdef)" {
		t.Errorf("named %q", got)
	}
	if got := own.name(results.Host{}); got != "this program" {
		t.Errorf("named %q", got)
	}
}
