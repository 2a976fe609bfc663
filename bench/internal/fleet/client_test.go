package fleet

import (
	"path/filepath"
	"slices"
	"testing"
)

// TestKubeconfig: kubectl, which is started in the folder, finds the files that were named from here.
func TestKubeconfig(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	got := kubeconfig([]string{"A=b", "KUBECONFIG=mine.yaml:/etc/kube:"})
	if want := []string{"A=b", "KUBECONFIG=" + filepath.Join(here, "mine.yaml") + ":/etc/kube:"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
