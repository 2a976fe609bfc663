package guest

import (
	"cmp"
	"os/exec"
	"testing"
)

// TestVersionsAreOrderedAsDpkgDoes asks dpkg, where there is one.
func TestVersionsAreOrderedAsDpkgDoes(t *testing.T) {
	versions := []string{
		"5.10.223-1", "6.1.9-1", "6.1.170-3", "6.1.192-3", "6.12.117-1~deb12u1", "6.12.117-1", "6.12.117-1+b1", "7.0~rc1-1", "7.0-1",
		"7.3.4-1~bpo13+1", "7.3.4-1", "7.3.04-1", "1:5.0-1", "7.3.4", "7.3.4a-1", "7.3.4+a-1", "7.3.4.1-1",
	}
	_, noDpkg := exec.LookPath("dpkg")
	for i, a := range versions {
		for _, b := range versions[i:] {
			got := compareVersions(a, b)
			if got != -compareVersions(b, a) {
				t.Errorf("%s against %s is not the opposite of %s against %s", a, b, b, a)
			}
			if noDpkg != nil {
				continue
			}
			want := 0
			switch {
			case exec.Command("dpkg", "--compare-versions", a, "lt", b).Run() == nil:
				want = -1
			case exec.Command("dpkg", "--compare-versions", a, "gt", b).Run() == nil:
				want = 1
			}
			if cmp.Compare(got, 0) != want {
				t.Errorf("%s against %s is %d, dpkg says %d", a, b, got, want)
			}
		}
	}
	if noDpkg != nil {
		t.Skip("checked only against itself: no dpkg here")
	}
}
