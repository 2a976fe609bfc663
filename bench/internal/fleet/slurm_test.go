package fleet

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeSlurm takes an array and says nothing about it any more, as when who submits is killed in that moment; afterwards it refuses the job that
// merges.
var fakeSlurm = map[string]string{
	"sbatch": `#!/bin/sh
echo "$*" >>"$SLURM/asked"
case "$*" in
*merge.sbatch) echo "sbatch: error: no room" >&2; exit 1 ;;
esac
if [ -e "$SLURM/queue" ]; then echo 8; echo "8|1|PENDING||None" >>"$SLURM/queue"; exit; fi
printf '7|0|RUNNING|n1|None\n7|9|RUNNING|n1|None\n7|1|CANCELLED|n2|None\n' >"$SLURM/queue"
echo "killed" >&2
exit 1
`,
	"squeue": `#!/bin/sh
cat "$SLURM/queue"
`,
	"sacct": "#!/bin/sh\nexit 1\n",
}

// TestSlurmAdopts: a job that Slurm took and nobody remembers is found by its name, and its shards are not submitted twice. The job that merges is
// no reason to forget which shards were taken.
func TestSlurmAdopts(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("SLURM", bin)
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for name, text := range fakeSlurm {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r := request(t, "slurm")
	r.Shards = 2
	if err := Render(r); err != nil {
		t.Fatal(err)
	}
	submit := func() ([]int, error) {
		f, err := LockFolder(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return f.Submit(t.Context())
	}
	if taken, err := submit(); err == nil || len(taken) > 0 {
		t.Fatalf("%v, %v", taken, err)
	}
	taken, err := submit()
	if diff := cmp.Diff([]int{1}, taken); diff != "" || err == nil || !strings.Contains(err.Error(), "not the job that merges") {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	f, err := OpenFolder(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Job{{"7", []int{0, 1}}, {"8", []int{1}}}, f.state.Jobs); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
}
