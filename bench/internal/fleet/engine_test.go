package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/bench/internal/campaign"
)

func TestIndexes(t *testing.T) {
	for want, shards := range map[string][]int{"": nil, "4": {4}, "0-2": {0, 1, 2}, "0-1,5,7-8": {8, 7, 5, 1, 0}} {
		if got := Indexes(shards); got != want {
			t.Errorf("Indexes(%v) = %q, want %q", shards, got, want)
		}
	}
}

func TestParseHosts(t *testing.T) {
	hosts, err := ParseHosts("# mine\nroot@a  # the old one\n\n  b.example.com\n10.0.0.3\n")
	if diff := cmp.Diff([]string{"root@a", "b.example.com", "10.0.0.3"}, hosts); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	for text, says := range map[string]string{
		"": "no host", "# a\n": "no host", "a\nb\na\n": "a is in the list twice", "a -p 22\n": "one host a line", "-oProxyCommand=x\n": "option of ssh",
	} {
		if _, err := ParseHosts(text); !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v does not say %q", text, err, says)
		}
	}
}

// TestSlurmTasks reads what squeue and sacct of Slurm 22.05 printed.
func TestSlurmTasks(t *testing.T) {
	jobs := []Job{{ID: "7", Shards: []int{0, 1, 2, 3, 4}}, {ID: "9", Shards: []int{2}}}
	got, err := queued(`7|0|COMPLETED|n1|None
7|1|RUNNING|n2|None
7|2|CANCELLED|n3|None
7|3|PENDING||Resources
7|4|FAILED|n1|NonZeroExitCode
9|2|NODE_FAIL|n3|None
9|3|RUNNING|n3|None
12|0|RUNNING|n3|None
8|N/A|PENDING||Dependency
`, jobs)
	want := []Task{
		{Job: "7", Shard: 0, Phase: Over, Where: "n1", Why: "completed"},
		{Job: "7", Shard: 1, Phase: Running, Where: "n2"},
		{Job: "7", Shard: 2, Phase: Over, Where: "n3", Why: "cancelled", killed: true},
		{Job: "7", Shard: 3, Phase: Waiting, Why: "Resources"},
		{Job: "7", Shard: 4, Phase: Over, Where: "n1", Why: "failed (NonZeroExitCode)"},
		{Job: "9", Shard: 2, Phase: Over, Where: "n3", Why: "node fail", killed: true},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Task{})); diff != "" || err != nil {
		t.Errorf("squeue: %v, (-want +got):\n%s", err, diff)
	}
	if _, err := queued("slurm_load_jobs error\n", jobs); err == nil {
		t.Error("what is no answer is taken for one")
	}
	past := accounted("7_0|COMPLETED|n1|0:0\n7_2|CANCELLED by 0|n3|0:9\n7_[3-4]|PENDING|None assigned|0:0\n8|COMPLETED|n1|0:0\n", jobs)
	want = []Task{
		{Job: "7", Shard: 0, Phase: Over, Where: "n1", Why: "completed"},
		{Job: "7", Shard: 2, Phase: Over, Where: "n3", Why: "cancelled by 0 (exit 0:9)", killed: true},
	}
	if diff := cmp.Diff(want, past, cmp.AllowUnexported(Task{})); diff != "" {
		t.Errorf("sacct: (-want +got):\n%s", diff)
	}
}

// pod is a pod as kubectl prints it. exit is its exit code, -1 if it has none.
func pod(name, job, index, node, phase string, exit int, made time.Time) string {
	state := `{"running":{}}`
	if exit >= 0 {
		state = fmt.Sprintf(`{"terminated":{"exitCode":%d,"reason":"Error"}}`, exit)
	}
	return fmt.Sprintf(`{"kind":"Pod","metadata":{"name":%q,"creationTimestamp":%q,"labels":{"batch.kubernetes.io/job-name":%q},
		"annotations":{"batch.kubernetes.io/job-completion-index":%q}},"spec":{"nodeName":%q},
		"status":{"phase":%q,"containerStatuses":[{"state":%s}]}}`, name, made.Format(time.RFC3339), job, index, node, phase, state)
}

func TestPodTasks(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	objects := []string{
		`{"kind":"Job","metadata":{"name":"j"},"status":{"failedIndexes":"3,5-6","completedIndexes":"0"}}`,
		`{"kind":"Job","metadata":{"name":"j-3-2"},"status":{}}`,
		pod("j-0-a", "j", "0", "n1", "Failed", 137, at), pod("j-0-b", "j", "0", "n2", "Succeeded", 0, at.Add(time.Minute)),
		pod("j-1-a", "j", "1", "n1", "Running", -1, at),
		strings.Replace(pod("j-2-a", "j", "2", "n3", "Failed", 137, at), `"reason":"Error"`, `"reason":"OOMKilled"`, 1), // the controller has not begun it again yet
		pod("j-3-a", "j", "3", "n3", "Failed", 5, at),
		pod("j-3-2-a", "j-3-2", "0", "n2", "Running", -1, at.Add(time.Minute)),
		`{"kind":"Pod","metadata":{"name":"j-4-a","labels":{"batch.kubernetes.io/job-name":"j"},"annotations":{"batch.kubernetes.io/job-completion-index":"4"}},
		"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}}`,
	}
	var all []object
	if err := json.Unmarshal([]byte("["+strings.Join(objects, ",")+"]"), &all); err != nil {
		t.Fatal(err)
	}
	got := podTasks(all, []Job{{ID: "j", Shards: []int{0, 1, 2, 3, 4, 5}}, {ID: "gone", Shards: []int{0}}, {ID: "j-3-2", Shards: []int{3}}})
	want := []Task{
		{Job: "j", Shard: 0, Phase: Over, Where: "n2", Why: "exit 0"},
		{Job: "j", Shard: 1, Phase: Running, Where: "n1"},
		{Job: "j", Shard: 2, Phase: Waiting, Where: "n3", Why: "killed by signal 9 (OOMKilled)"},
		{Job: "j", Shard: 3, Phase: Over, Where: "n3", Why: "exit 5"},
		{Job: "j", Shard: 4, Phase: Waiting, Why: "0/3 nodes are available"},
		{Job: "j", Shard: 5, Phase: Over},
		{Job: "j-3-2", Shard: 3, Phase: Running, Where: "n2"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Task{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got[0].handle != "j-0-b" {
		t.Errorf("the log of shard 0 is read from %s", got[0].handle)
	}
}

// TestOneShard: what the user changed stays, and nothing of the index of the whole job.
func TestOneShard(t *testing.T) {
	text := `{"metadata":{"name":"j","labels":{"a":"b"}},"spec":{"completions":12,"parallelism":12,"template":{"metadata":{"labels":{"x":"y"}},
		"spec":{"nodeSelector":{"mine":"1"},"containers":[{"args":["run","--shard","$(JOB_COMPLETION_INDEX)/12"]}]}}}}`
	got, err := oneShard([]byte(text), "j-7-2", 7)
	want := `{"metadata":{"name":"j-7-2","labels":{"a":"b"}},"spec":{"completions":1,"parallelism":1,"template":{"metadata":{"labels":{"x":"y","tunbench/shard":"7"}},
		"spec":{"nodeSelector":{"mine":"1"},"containers":[{"args":["run","--shard","7/12"]}]}}}}`
	var a, b any
	if err != nil || json.Unmarshal(got, &a) != nil || json.Unmarshal([]byte(want), &b) != nil || !cmp.Equal(a, b) {
		t.Errorf("%v: %s", err, got)
	}
	if _, err := oneShard([]byte(`{"metadata":{}}`), "j", 1); err == nil {
		t.Error("a job without a spec is taken")
	}
}
