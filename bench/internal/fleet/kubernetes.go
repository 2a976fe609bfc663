package fleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// kubernetes submits an Indexed Job, whose controller repeats what is lost of it. A shard that the controller has given up is repeated by a Job
// of its own. Result files come back out of the pods' logs.
type kubernetes struct{}

const (
	planLabel  = "tunbench/plan"
	shardLabel = "tunbench/shard" // of pods whose Job has one shard only
	indexNote  = "batch.kubernetes.io/job-completion-index"
	jobLabel   = "batch.kubernetes.io/job-name"
	indexWord  = "$(JOB_COMPLETION_INDEX)"
	container  = "tunbench"
)

// maxConfigMap is what a ConfigMap may hold.
const maxConfigMap = 1 << 20

// memoryForm is a quantity as Kubernetes writes it.
var memoryForm = regexp.MustCompile(`^[1-9][0-9]*(Mi|Gi|M|G)?$`)

// imageForm is the name of an image, with what could be anything else in YAML left out.
var imageForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)

func (kubernetes) check(r *Request) error {
	switch {
	case len(r.Hosts) > 0 || len(r.Shell) > 0:
		return usage("--hosts and --ssh are for --engine ssh: Kubernetes knows its nodes itself, give --shards N")
	case r.Sudo:
		return usage("--sudo is not for --engine kubernetes: its manifest says what a pod may do")
	case r.Shards == 0:
		return usage("--engine kubernetes: on how many machines? give --shards N")
	case r.Image == "":
		return usage("--engine kubernetes: which image do pods run? give --image NAME, which the Containerfile then builds")
	case !imageForm.MatchString(r.Image):
		return usage("--image %s: want the name of an image, such as registry.example.com/tunbench:1", r.Image)
	case !memoryForm.MatchString(r.Memory):
		return usage("--memory %s: want a size such as 2Gi", r.Memory)
	case r.CPUs < 1:
		return usage("--cpus %d: want 1 or more", r.CPUs)
	case len(r.Plan) > maxConfigMap-1024:
		return usage("the plan has %d bytes, a ConfigMap takes %d: measure fewer scenarios", len(r.Plan), maxConfigMap)
	}
	return nil
}

func (kubernetes) files(r *Request) ([]file, error) {
	return r.fill(map[string]fs.FileMode{"plan.yaml": 0o644, "job.yaml": 0o644, "Containerfile": 0o644})
}

func (k kubernetes) submit(ctx context.Context, f *Folder, shards []int, keep func(Job) error) error {
	// Without --server-side the whole plan would also have to fit into an annotation.
	if _, err := client(ctx, f.dir, nil, "kubectl", "apply", "--server-side", "-f", "plan.yaml"); err != nil {
		return fmt.Errorf("submit plan: %w", err)
	}
	if len(f.state.Jobs) == 0 && len(shards) == f.state.Shards {
		out, err := client(ctx, f.dir, nil, "kubectl", "create", "-o", "name", "-f", "job.yaml")
		_, name, _ := strings.Cut(strings.TrimSpace(string(out)), "/") // job.batch/NAME
		if isThere(err, f.name()) {
			name, err = f.name(), nil
		}
		if err != nil {
			return fmt.Errorf("submit job: %w", err)
		}
		return keep(Job{ID: name, Shards: shards})
	}
	// What the user changed in job.yaml holds for repeats too.
	text, err := client(ctx, f.dir, nil, "kubectl", "create", "--dry-run=client", "-o", "json", "-f", "job.yaml")
	if err != nil {
		return fmt.Errorf("read job: %w", err)
	}
	for _, shard := range shards {
		tries, _ := f.tries(shard)
		name := fmt.Sprintf("%s-%d-%d", f.name(), shard, tries+1)
		job, err := oneShard(text, name, shard)
		if err != nil {
			return err
		}
		if _, err := client(ctx, f.dir, bytes.NewReader(job), "kubectl", "create", "-f", "-"); err != nil && !isThere(err, name) {
			return fmt.Errorf("submit shard %d: %w", shard, err)
		}
		if err := keep(Job{ID: name, Shards: []int{shard}}); err != nil {
			return err
		}
	}
	return nil
}

// isThere reports whether kubectl could not make a job because it is there: the one who submitted it was interrupted before it was remembered.
func isThere(err error, name string) bool {
	failed := (*clientError)(nil)
	return errors.As(err, &failed) && strings.Contains(failed.said, "(AlreadyExists)") && strings.Contains(failed.said, strconv.Quote(name))
}

// oneShard makes of the Job of all shards the Job of one.
func oneShard(text []byte, name string, shard int) ([]byte, error) {
	text = bytes.ReplaceAll(text, []byte(indexWord), []byte(strconv.Itoa(shard)))
	var job map[string]any
	if err := json.Unmarshal(text, &job); err != nil {
		return nil, fmt.Errorf("read job: %w", err)
	}
	for path, value := range map[string]any{
		"metadata.name": name, "spec.completions": 1, "spec.parallelism": 1,
		"spec.template.metadata.labels." + shardLabel: strconv.Itoa(shard),
	} {
		if err := set(job, path, value); err != nil {
			return nil, fmt.Errorf("read job: job.yaml has no %s: %w", path, err)
		}
	}
	return json.Marshal(job)
}

// set changes a field by its path; its last part may have dots only where it is a label.
func set(object map[string]any, path string, value any) error {
	keys := strings.SplitN(path, ".", 5)
	for _, key := range keys[:len(keys)-1] {
		inner, ok := object[key].(map[string]any)
		if !ok {
			return errors.New(key + " is missing")
		}
		object = inner
	}
	object[keys[len(keys)-1]] = value
	return nil
}

func (kubernetes) ask(ctx context.Context, f *Folder) ([]Task, error) {
	if len(f.state.Jobs) == 0 {
		return nil, nil
	}
	out, err := client(ctx, f.dir, nil, "kubectl", "get", "jobs,pods", "--selector="+planLabel+"="+f.state.PlanHash, "-o", "json")
	if err != nil {
		return nil, fmt.Errorf("ask Kubernetes: %w", err)
	}
	var list struct{ Items []object }
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("ask Kubernetes: read kubectl: %w", err)
	}
	return podTasks(list.Items, f.state.Jobs), nil
}

// podTasks are the tries of all shards by what jobs and pods say of them.
func podTasks(all []object, jobs []Job) (tasks []Task) {
	for _, job := range jobs {
		i := slices.IndexFunc(all, func(o object) bool { return o.Kind == "Job" && o.Metadata.Name == job.ID })
		if i < 0 {
			continue // somebody deleted it
		}
		for _, shard := range job.Shards {
			tasks = append(tasks, podTask(all[i], all, job.ID, shard, len(job.Shards) > 1))
		}
	}
	return tasks
}

// podTask is how a shard stands in its Job. Its pods are tries of the controller: one that succeeded counts, else the youngest.
func podTask(job object, all []object, id string, shard int, isIndexed bool) Task {
	t := Task{Job: id, Shard: shard, Phase: Waiting}
	var newest *object
	for i := range all {
		pod := &all[i]
		if pod.Kind != "Pod" || pod.Metadata.Labels[jobLabel] != id || isIndexed && pod.Metadata.Annotations[indexNote] != strconv.Itoa(shard) {
			continue
		}
		if newest == nil || pod.Status.Phase == "Succeeded" || newest.Status.Phase != "Succeeded" && pod.Metadata.CreationTimestamp.After(newest.Metadata.CreationTimestamp) {
			newest = pod
		}
	}
	if newest != nil {
		t.handle, t.Where = newest.Metadata.Name, newest.Spec.NodeName
		t.Phase, t.Why = newest.podPhase()
	}
	// A pod that failed is not the end, as long as the controller goes on.
	index := shard
	if !isIndexed {
		index = 0
	}
	switch {
	case newest != nil && newest.Status.Phase == "Succeeded":
	case job.condition("Failed"), inRanges(job.Status.FailedIndexes, index):
		t.Phase = Over
	case t.Phase == Over:
		t.Phase = Waiting
	}
	return t
}

// fetch reads the logs of pods that are over into the folder, at each look as long as their shard is not complete, and gets result files out of
// them.
func (kubernetes) fetch(ctx context.Context, f *Folder, tasks []Task) error {
	for _, t := range tasks {
		if t.Phase != Over || t.handle == "" || f.isComplete(t.Shard) {
			continue
		}
		log, err := client(ctx, f.dir, nil, "kubectl", "logs", t.handle, "--container="+container)
		if failed := (*clientError)(nil); errors.As(err, &failed) {
			continue // its node is gone, and the log with it
		}
		if err != nil {
			return err
		}
		path := f.path(logsDir, fmt.Sprintf("%d-%s.log", t.Shard, t.handle))
		if err := replaceFile(path, log, 0o644); err != nil {
			return err
		}
		if err := f.unframe(path, t.Shard); err != nil {
			return err
		}
	}
	return nil
}
