package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Engine drives what starts programs on many machines, through the client that its users have. The engine decides when and where a shard runs;
// whether a shard is complete is told by its result file alone.
type Engine interface {
	// check refuses a request that the engine cannot carry out.
	check(r *Request) error
	// files are what the engine needs in the folder beside the plan, by name.
	files(r *Request) ([]file, error)
	// submit hands shards to the engine. It calls keep, which any goroutine may, for each job that the engine took, also if
	// a later one fails.
	submit(ctx context.Context, f *Folder, shards []int, keep func(Job) error) error
	// ask returns what the engine knows of all jobs of the folder. A shard that was submitted several times can have several tasks. What the
	// engine has forgotten is absent. An engine that does not answer is an error.
	ask(ctx context.Context, f *Folder) ([]Task, error)
	// fetch brings what shards have written so far into the folder: result files, or logs that have them. Shards that left nothing are no error.
	fetch(ctx context.Context, f *Folder, tasks []Task) error
}

// engines are all of them by the name that a user gives.
var engines = map[string]Engine{"slurm": slurm{}, "kubernetes": kubernetes{}, "ssh": secureShell{}}

// Engines are the names of the engines, sorted.
func Engines() []string { return []string{"kubernetes", "slurm", "ssh"} }

func findEngine(name string) (Engine, error) {
	if e, ok := engines[name]; ok {
		return e, nil
	}
	return nil, usage("--engine %s: want %s", name, strings.Join(Engines(), ", "))
}

// Phase is how far a task or a shard has come.
type Phase string

// The phases.
const (
	Missing  Phase = "not submitted" // or submitted only by a job that nobody knows of any more
	Waiting  Phase = "waiting"
	Running  Phase = "running"
	Unknown  Phase = "unknown"  // its machine cannot be asked; what was begun there may go on
	Over     Phase = "over"     // of a task: the engine says that it has ended, well or not
	Failed   Phase = "failed"   // of a shard: it is over and has left no complete file
	Complete Phase = "complete" // of a shard: its whole file is in the folder
)

// Task is one try of one shard, as the engine sees it.
type Task struct {
	Job   string // as in [Job]
	Shard int
	Phase Phase  // Waiting, Running, Unknown or Over
	Where string // the machine, as the engine names it; "" before there is one
	Why   string // why it waits, or how it ended; "" where the engine does not say

	handle string // what the engine calls the task
	killed bool   // it did not end by itself: there is no file to wait for
}

// Job is what the engine took with one submission.
type Job struct {
	ID     string `json:"id"` // as the engine names it
	Shards []int  `json:"shards"`
}

// Indexes writes shards as 0-3,7, which Slurm takes for an array and people read.
func Indexes(shards []int) string {
	shards = slices.Sorted(slices.Values(shards))
	var parts []string
	for i := 0; i < len(shards); {
		j := i
		for j+1 < len(shards) && shards[j+1] == shards[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(shards[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", shards[i], shards[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ",")
}
