package fleet

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// slurm submits an array, of which each task has a node for itself, and a job that merges when all have ended. Shards write into the folder,
// which all nodes see.
type slurm struct{}

func (slurm) check(r *Request) error {
	switch {
	case len(r.Hosts) > 0 || len(r.Shell) > 0:
		return usage("--hosts and --ssh are for --engine ssh: Slurm knows its nodes itself, give --shards N")
	case r.Image != "":
		return usage("--image is for --engine kubernetes")
	case r.Shards == 0:
		return usage("--engine slurm: on how many machines? give --shards N")
	}
	return nil
}

func (slurm) files(r *Request) ([]file, error) {
	return r.fill(map[string]fs.FileMode{"shard.sbatch": 0o644, "merge.sbatch": 0o644})
}

func (s slurm) submit(ctx context.Context, f *Folder, shards []int, keep func(Job) error) error {
	if err := f.begin(); err != nil {
		return err
	}
	// The user may have edited the script, but jobs are found by this name.
	id, err := sbatch(ctx, f, "shard.sbatch", "--job-name="+f.name(), "--array="+Indexes(shards))
	if err != nil {
		return err
	}
	if err := keep(Job{ID: id, Shards: shards}); err != nil {
		return err
	}
	// What is merged last is merged when nothing is on its way any more.
	ids, err := s.underWay(ctx, f)
	if err == nil {
		_, err = sbatch(ctx, f, "merge.sbatch", "--dependency=afterany:"+strings.Join(ids, ":"))
	}
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("the shards are submitted, but not the job that merges after them, which collect does too: %w", err)
	}
	return err
}

// underWay are the jobs of a folder that have not ended, at least the last.
func (s slurm) underWay(ctx context.Context, f *Folder) ([]string, error) {
	tasks, err := s.ask(ctx, f)
	ids := map[string]bool{f.state.Jobs[len(f.state.Jobs)-1].ID: true}
	for _, t := range tasks {
		if t.Phase != Over {
			ids[t.Job] = true
		}
	}
	return slices.Sorted(maps.Keys(ids)), err
}

// sbatch submits a script of the folder and returns the job's id.
func sbatch(ctx context.Context, f *Folder, script string, options ...string) (id string, err error) {
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return "", err
	}
	out, err := client(ctx, dir, nil, "sbatch", append(append([]string{"--parsable", "--chdir=" + dir}, options...), script)...)
	if err != nil {
		return "", fmt.Errorf("submit %s: %w", script, err)
	}
	id, _, _ = strings.Cut(strings.TrimSpace(string(out)), ";") // id;cluster
	if _, err := strconv.Atoi(id); err != nil {
		return "", fmt.Errorf("submit %s: sbatch printed %q, want the id of a job", script, out)
	}
	return id, nil
}

// squeueFormat is: id of the array, index in it, state, node, reason.
const squeueFormat = "%F|%K|%T|%N|%r"

func (slurm) ask(ctx context.Context, f *Folder) ([]Task, error) {
	if len(f.state.Jobs) == 0 && !f.state.Began {
		return nil, nil
	}
	out, err := client(ctx, "", nil, "squeue", "--name="+f.name(), "--array", "--states=all", "--noheader", "--format="+squeueFormat)
	if err != nil {
		return nil, fmt.Errorf("ask Slurm: %w", err)
	}
	jobs := slices.Clone(f.state.Jobs)
	for _, job := range strangers(string(out), jobs, f.state.Shards) {
		jobs = append(jobs, job)
		if f.lock == nil {
			continue
		}
		if err := f.keep(job); err != nil {
			return nil, err
		}
	}
	tasks, err := queued(string(out), jobs)
	if err != nil {
		return nil, err
	}
	past, err := forgotten(ctx, tasks, jobs)
	return append(tasks, past...), err
}

// queued reads what squeue printed about some jobs.
func queued(text string, jobs []Job) (tasks []Task, err error) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), "|", 5)
		if len(fields) != 5 {
			return nil, fmt.Errorf("ask Slurm: squeue printed %q, want five fields", line)
		}
		shard, err := strconv.Atoi(fields[1])
		if err != nil || !hasShard(jobs, fields[0], shard) {
			continue // no task of an array
		}
		tasks = append(tasks, slurmTask(fields[0], shard, fields[2], fields[3], fields[4]))
	}
	return tasks, nil
}

// strangers are jobs with the folder's name that it does not remember: submitted by hand, or by one that was interrupted before it knew
// their id.
func strangers(text string, jobs []Job, shards int) (found []Job) {
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSpace(line), "|", 3)
		if len(fields) != 3 || slices.ContainsFunc(jobs, func(j Job) bool { return j.ID == fields[0] }) {
			continue
		}
		shard, err := strconv.Atoi(fields[1])
		if err != nil || shard < 0 || shard >= shards {
			continue // no array, or not one of this plan
		}
		i := slices.IndexFunc(found, func(j Job) bool { return j.ID == fields[0] })
		if i < 0 {
			found, i = append(found, Job{ID: fields[0]}), len(found)
		}
		if !slices.Contains(found[i].Shards, shard) {
			found[i].Shards = append(found[i].Shards, shard)
		}
	}
	return found
}

func hasShard(jobs []Job, id string, shard int) bool {
	return slices.ContainsFunc(jobs, func(j Job) bool { return j.ID == id && slices.Contains(j.Shards, shard) })
}

// slurmTask puts a state of Slurm (squeue(1), JOB STATE CODES) into our words.
func slurmTask(job string, shard int, state, node, reason string) Task {
	t := Task{Job: job, Shard: shard, Phase: Over, Where: node, Why: strings.ToLower(strings.ReplaceAll(state, "_", " "))}
	switch state, _, _ := strings.Cut(state, " "); state { // CANCELLED by 1000
	case "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT", "SUSPENDED":
		t.Phase, t.Where = Waiting, ""
		if t.Why = reason; reason == "None" {
			t.Why = ""
		}
	case "RUNNING", "COMPLETING", "RESIZING", "SIGNALING", "STAGE_OUT", "STOPPED":
		t.Phase, t.Why = Running, ""
	case "BOOT_FAIL", "CANCELLED", "DEADLINE", "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT":
		t.killed = true
	case "FAILED":
		if reason != "" && reason != "None" {
			t.Why += " (" + reason + ")" // NonZeroExitCode
		}
	}
	return t
}

// forgotten asks the accounting, where there is one, about shards that squeue does not know any more: Slurm forgets them after MinJobAge.
func forgotten(ctx context.Context, known []Task, jobs []Job) (tasks []Task, err error) {
	var ids []string
	for _, job := range jobs {
		for _, shard := range job.Shards {
			if !slices.ContainsFunc(known, func(t Task) bool { return t.Job == job.ID && t.Shard == shard }) {
				ids = append(ids, fmt.Sprintf("%s_%d", job.ID, shard))
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	out, err := client(ctx, "", nil, "sacct", "--allocations", "--noheader", "--parsable2", "--format=JobID,State,NodeList,ExitCode", "--jobs="+strings.Join(ids, ","))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.As(err, new(*clientError)) || errors.As(err, new(*ToolError)) {
		return nil, nil // no accounting here
	}
	if err != nil {
		return nil, err
	}
	return accounted(string(out), jobs), nil
}

// accounted reads what sacct printed about some jobs.
func accounted(text string, jobs []Job) (tasks []Task) {
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), "|")
		if len(fields) != 4 {
			continue
		}
		id, index, isArray := strings.Cut(fields[0], "_")
		shard, err := strconv.Atoi(index)
		if !isArray || err != nil || !hasShard(jobs, id, shard) {
			continue
		}
		t := slurmTask(id, shard, fields[1], fields[2], "")
		if t.Phase == Over && fields[3] != "0:0" {
			t.Why += " (exit " + fields[3] + ")"
		}
		tasks = append(tasks, t)
	}
	return tasks
}

// fetch has nothing to bring: shards write into the folder.
func (slurm) fetch(context.Context, *Folder, []Task) error { return nil }
