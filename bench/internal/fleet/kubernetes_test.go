package fleet

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tunbench/bench/internal/campaign"
	"tunbench/bench/internal/shards"
)

// fakeKubectl answers from files in $KUBE, and writes down there what it was asked to make.
const fakeKubectl = `#!/bin/sh
echo "$*" >>"$KUBE/asked"
case "$*" in
"get jobs,pods "*) exec cat "$KUBE/objects.json" ;;
"create --dry-run=client "*) exec cat "$KUBE/job.json" ;;
"create -o name "*) [ ! -e "$KUBE/exists" ] || { cat "$KUBE/exists" >&2; exit 1; }; sed -n 's|^  name: \(tunbench-.*\)|job.batch/\1|p' job.yaml | head -1 ;;
"create -f -") exec cat >>"$KUBE/made" ;;
"logs "*) exec cat "$KUBE/$2.log" ;;
esac
`

// TestKubernetesFolder: of two shards the first comes back out of its pod's log; the second, which the controller has given up, is submitted as a Job
// of its own.
func TestKubernetesFolder(t *testing.T) {
	kube := t.TempDir()
	t.Setenv("KUBE", kube)
	t.Setenv("PATH", kube+":"+os.Getenv("PATH"))
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(kube, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(kube, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	write("kubectl", fakeKubectl)
	r := request(t, "kubernetes")
	r.Shards = 2
	if err := Render(r); err != nil {
		t.Fatal(err)
	}
	f, err := LockFolder(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Submit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked := read("asked"); asked != "apply --server-side -f plan.yaml\ncreate -o name -f job.yaml\n" {
		t.Errorf("submit asked %q", asked)
	}

	name := jobName(testHash, testID)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write("objects.json", `{"items":[{"kind":"Job","metadata":{"name":"`+name+`"},"status":{"failedIndexes":"1"}},`+
		pod("p0", name, "0", "n1", "Succeeded", 0, at)+","+pod("p1", name, "1", "n2", "Failed", 137, at)+`]}`)
	text, err := os.ReadFile(leave(t, folder(t, &actor{}, 2), "host", 0, at, true))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	log.WriteString("a table\n")
	if err := shards.WriteFrame(&log, shards.Frame{Hash: testHash, Shard: campaign.Shard{Index: 0, Of: 2}, Text: text}); err != nil {
		t.Fatal(err)
	}
	write("p0.log", log.String())
	write("p1.log", strings.ReplaceAll(log.String()[:log.Len()/2], " 0/2 ", " 1/2 ")) // it breaks off
	all, err := f.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all[0].Phase != Complete || all[0].Where != "n1" || all[1].Phase != Failed || all[1].Why != "killed by signal 9" {
		t.Errorf("shards %+v", all)
	}
	if got, err := os.ReadFile(all[0].File); err != nil || !bytes.Equal(got, text) {
		t.Errorf("the file of shard 0 is not what its machine wrote: %v", err)
	}

	write("job.json", `{"metadata":{"name":"`+name+`"},"spec":{"completions":2,"template":{"metadata":{"labels":{}},"spec":{"containers":[{"args":["$(JOB_COMPLETION_INDEX)/2"]}]}}}}`)
	again, err := f.Submit(t.Context())
	if err != nil || len(again) != 1 || again[0] != 1 {
		t.Fatalf("submitted %v again, %v", again, err)
	}
	if made := read("made"); !strings.Contains(made, `"name":"`+name+`-1-2"`) || !strings.Contains(made, `"args":["1/2"]`) {
		t.Errorf("made %s", made)
	}
}

// TestKubernetesAdopts: the job of a submission that was interrupted before it was remembered is the folder's; one of another name is not.
func TestKubernetesAdopts(t *testing.T) {
	kube := t.TempDir()
	t.Setenv("KUBE", kube)
	t.Setenv("PATH", kube+":"+os.Getenv("PATH"))
	if err := os.WriteFile(filepath.Join(kube, "kubectl"), []byte(fakeKubectl), 0o755); err != nil {
		t.Fatal(err)
	}
	r := request(t, "kubernetes")
	if err := Render(r); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine", jobName(testHash, testID)} {
		says := `Error from server (AlreadyExists): error when creating "job.yaml": jobs.batch "` + name + `" already exists`
		if err := os.WriteFile(filepath.Join(kube, "exists"), []byte(says), 0o644); err != nil {
			t.Fatal(err)
		}
		f, err := LockFolder(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		taken, err := f.Submit(t.Context())
		if isMine := name != "mine"; isMine != (err == nil) || isMine != (len(taken) == r.Shards) {
			t.Errorf("%s: %v, %v", name, taken, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}
