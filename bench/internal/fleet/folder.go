package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"tunbench/bench/internal/shards"
)

// The names in a folder that all engines share.
const (
	stateFile  = "fleet.json"
	planFile   = "plan.json"
	binaryFile = "tunbench"
	resultsDir = "results" // of shards
	logsDir    = "logs"    // what shards printed
	mergedFile = "merged.jsonl"
	lockFile   = ".lock"
)

// stateSchema is the version of the state file.
const stateSchema = 1

// state is what a folder remembers from one command to the next.
type state struct {
	Schema   int      `json:"fleet_schema"`
	Engine   string   `json:"engine"`
	ID       string   `json:"folder_id"` // random
	PlanHash string   `json:"plan_hash"`
	PlanSum  string   `json:"plan_sha256"` // of the plan's file: who edits it asks for another plan
	Shards   int      `json:"shards"`
	Shell    []string `json:"ssh,omitempty"`   // the command that reaches a host, of engine ssh
	Began    bool     `json:"began,omitempty"` // something was handed to the engine, which may know more jobs than these
	Jobs     []Job    `json:"jobs"`            // the oldest first
}

// Folder is a rendered plan, what was submitted of it, and what came back. Only one process at a time changes it. Its exported methods are for one
// goroutine.
type Folder struct {
	dir    string // as the user gave it
	engine Engine
	lock   *os.File      // nil if it is only read
	answer time.Duration // how long a host may take to say how its shard stands

	mu    sync.Mutex // an engine may ask several hosts at once
	state state
	seen  map[string]seenFile

	cleaned map[place]bool  // nothing is left there
	said    map[string]bool // what could not be taken away
}

// OpenFolder opens a folder that [Render] made, to read it.
func OpenFolder(dir string) (*Folder, error) {
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, usage("%s: it has no %s: want a folder that tunbench fleet render made", dir, stateFile)
	}
	if err != nil {
		return nil, fmt.Errorf("open fleet: %w", err)
	}
	f := &Folder{dir: dir, answer: longestAnswer, seen: map[string]seenFile{}, cleaned: map[place]bool{}, said: map[string]bool{}}
	if err := json.Unmarshal(text, &f.state); err != nil {
		return nil, usage("%s: %w: render the plan again", filepath.Join(dir, stateFile), err)
	}
	if f.state.Schema > stateSchema {
		return nil, usage("%s: it is of a newer tunbench (fleet_schema %d, this one knows %d): use that one", dir, f.state.Schema, stateSchema)
	}
	if err := f.state.check(); err != nil {
		return nil, usage("%s: %w: leave the file as it is, or render the plan again", filepath.Join(dir, stateFile), err)
	}
	f.engine = engines[f.state.Engine]
	return f, nil
}

// check returns an error if somebody wrote what no rendering writes. It goes into commands that are run on other machines.
func (s state) check() error {
	_, isEngine := engines[s.Engine]
	switch {
	case !isEngine:
		return fmt.Errorf("engine %q: want %s", s.Engine, strings.Join(Engines(), ", "))
	case !hashForm.MatchString(s.PlanHash):
		return fmt.Errorf("plan_hash %q: want 12 digits, 0-9 and a-f", s.PlanHash)
	case !idForm.MatchString(s.ID):
		return fmt.Errorf("folder_id %q: want 8 digits, 0-9 and a-f", s.ID)
	case s.Shards < 1 || s.Shards > maxShards:
		return fmt.Errorf("shards %d: want 1 to %d machines", s.Shards, maxShards)
	case s.Engine == "ssh" && (len(s.Shell) == 0 || s.Shell[0] == ""):
		return errors.New("ssh: it has no command that reaches a host")
	}
	for _, job := range s.Jobs {
		if s.Engine == "ssh" && strings.HasPrefix(job.ID, "-") {
			return fmt.Errorf("job %q: want a host, this would be an option of ssh", job.ID)
		}
		if i := slices.IndexFunc(job.Shards, func(shard int) bool { return shard < 0 || shard >= s.Shards }); i >= 0 {
			return fmt.Errorf("job %q: shard %d of %d", job.ID, job.Shards[i], s.Shards)
		}
	}
	return nil
}

// samePlan returns an error if the plan of the folder is not the one that was rendered: its shards would be of a plan that nobody waits for.
func (f *Folder) samePlan() error {
	text, err := os.ReadFile(f.path(planFile))
	if err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	if sum(text) != f.state.PlanSum {
		return usage("%s was changed after it was rendered: shards of it are of another plan than %s: render the changed plan into a new folder, or put the old one back", f.path(planFile), f.state.PlanHash)
	}
	return nil
}

// sum is a SHA-256 in hexadecimal digits.
func sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// LockFolder opens a folder to change it, until Close. A second process that tries is refused.
func LockFolder(dir string) (*Folder, error) {
	if _, err := OpenFolder(dir); err != nil {
		return nil, err // where it is no folder of ours, nothing is made in it
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock folder: %w", err)
	}
	switch err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		lock.Close()
		return nil, fmt.Errorf("%s: another tunbench fleet works on it: wait for its end, or interrupt it", dir)
	case err != nil:
		lock.Close()
		return nil, fmt.Errorf("%s: its file system has no locks, so that two processes could change it at once: render into a folder on another one: %w", dir, err)
	}
	f, err := OpenFolder(dir) // as whoever had the lock before left it
	if err != nil {
		lock.Close()
		return nil, err
	}
	f.lock = lock
	return f, nil
}

// Close lets other processes change the folder.
func (f *Folder) Close() error {
	if f.lock == nil {
		return nil
	}
	return f.lock.Close()
}

// PlanHash names the plan, see the package campaign.
func (f *Folder) PlanHash() string { return f.state.PlanHash }

// Shards is how many machines the plan is for.
func (f *Folder) Shards() int { return f.state.Shards }

// Merged is the default path of the merged file.
func (f *Folder) Merged() string { return f.path(mergedFile) }

func (f *Folder) path(names ...string) string {
	return filepath.Join(append([]string{f.dir}, names...)...)
}

// name is what the engine calls all that belongs to the plan.
func (f *Folder) name() string { return jobName(f.state.PlanHash, f.state.ID) }

func jobName(hash, id string) string { return "tunbench-" + hash + "-" + id }

// begin remembers that the engine is about to be given jobs: one that is interrupted then knows no job, and yet there may be one.
func (f *Folder) begin() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Began = true
	return f.state.write(f.dir)
}

// keep remembers a job. It is on the disk when keep returns.
func (f *Folder) keep(job Job) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.Jobs = append(f.state.Jobs, job)
	return f.state.write(f.dir)
}

func (s state) write(dir string) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", stateFile, err)
	}
	return replaceFile(filepath.Join(dir, stateFile), append(text, '\n'), 0o644)
}

// tries is how often a shard was submitted, and newest the last job that it was part of; "" is none.
func (f *Folder) tries(shard int) (n int, newest string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, job := range f.state.Jobs {
		if slices.Contains(job.Shards, shard) {
			n, newest = n+1, job.ID
		}
	}
	return n, newest
}

// replaceFile writes a file as a whole or not at all.
func replaceFile(path string, content []byte, mode fs.FileMode) error {
	return shards.Replace(path, mode, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
