package fleet

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tunbench/bench/internal/shards"
	"tunbench/results"
)

// Shard is how one shard of a folder stands.
type Shard struct {
	Index int      `json:"shard"`
	Phase Phase    `json:"phase"` // Missing, Waiting, Running, Unknown, Failed or Complete
	Where string   `json:"where,omitempty"`
	Tries int      `json:"tries"` // how often it was submitted; an engine may have begun it anew more often
	Why   string   `json:"why,omitempty"`
	File  string   `json:"file,omitempty"` // that counts, of a complete shard
	Left  []string `json:"left,omitempty"` // other complete files of the shard, which do not count

	Killed bool `json:"killed,omitempty"` // its task did not end by itself
}

// seenFile is what was read of a result file when it had this size and time.
type seenFile struct {
	size     int64
	modified time.Time
	whole    bool // it is a complete shard of the plan
	index    int
	ended    time.Time
	host     string
}

// Look asks the engine and the folder how each shard stands. What shards have left by now is fetched, if the folder is locked.
func (f *Folder) Look(ctx context.Context) ([]Shard, error) {
	tasks, err := f.engine.ask(ctx, f)
	if err != nil {
		return nil, err
	}
	if f.lock != nil {
		if err := f.engine.fetch(ctx, f, tasks); err != nil {
			return nil, err
		}
	}
	files, err := f.complete()
	if err != nil {
		return nil, err
	}
	all := make([]Shard, f.state.Shards)
	for i := range all {
		all[i] = f.shard(i, tasks, files[i])
	}
	return all, nil
}

// shard puts together what is known of one shard. The first file that was complete counts, so that nobody chooses by what is in it.
func (f *Folder) shard(i int, tasks []Task, files []completeFile) Shard {
	tries, job := f.tries(i)
	s := Shard{Index: i, Tries: tries, Phase: Missing}
	// What still goes on is of interest, be it of an older job; else the last job.
	for _, t := range tasks {
		if t.Shard == i && (t.Job == job || t.Phase != Over) && rank(t.Phase) >= rank(s.Phase) {
			s.Phase, s.Where, s.Why, s.Killed = t.Phase, t.Where, t.Why, t.killed
		}
	}
	switch {
	case len(files) > 0:
		s.Phase, s.File, s.Where, s.Why, s.Killed = Complete, files[0].path, cmp.Or(s.Where, files[0].host), "", false
		for _, other := range files[1:] {
			s.Left = append(s.Left, other.path)
		}
	case s.Phase == Over:
		s.Phase = Failed
	case s.Phase == Missing && tries > 0:
		s.Phase, s.Why = Failed, "the engine does not know it any more"
	}
	return s
}

// rank orders the phases of a shard's tasks: one that goes on says more than one that is over.
func rank(p Phase) int { return slices.Index([]Phase{Missing, Over, Unknown, Waiting, Running}, p) }

// completeFile is a whole result file of a shard.
type completeFile struct {
	path  string
	host  string
	ended time.Time
}

// complete finds the complete files of the folder by shard, the one that was complete first before others.
func (f *Folder) complete() (map[int][]completeFile, error) {
	entries, err := os.ReadDir(f.path(resultsDir))
	if err != nil {
		return nil, fmt.Errorf("read results: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	found := map[int][]completeFile{}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".jsonl" {
			continue
		}
		path := f.path(resultsDir, e.Name())
		file, err := f.look(path)
		if err != nil {
			return nil, err
		}
		if file.whole {
			found[file.index] = append(found[file.index], completeFile{path, file.host, file.ended})
		}
	}
	for _, files := range found {
		slices.SortFunc(files, func(a, b completeFile) int { return cmp.Or(a.ended.Compare(b.ended), cmp.Compare(a.path, b.path)) })
	}
	return found, nil
}

func (f *Folder) isComplete(shard int) bool {
	files, err := f.complete()
	return err == nil && len(files[shard]) > 0
}

// look reads a result file, once for each state that it is in.
func (f *Folder) look(path string) (seenFile, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return seenFile{}, nil // it was taken away meanwhile
	}
	if err != nil {
		return seenFile{}, err
	}
	seen := seenFile{size: info.Size(), modified: info.ModTime()}
	if known, ok := f.seen[path]; ok && known.size == seen.size && known.modified.Equal(seen.modified) {
		return known, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return seen, fmt.Errorf("read shard: %w", err)
	}
	f.read(&seen, path, content)
	f.seen[path] = seen
	return seen, nil
}

// endMark is in the last line of a complete shard: only then it is worth to read all.
var endMark = []byte(`"` + string(results.KindShardEnd) + `"`)

// read finds out whether content is a complete shard of the folder's plan, as merge has it. What is no result file, as after a crash, is not.
func (f *Folder) read(seen *seenFile, path string, content []byte) {
	if last := content[max(0, len(content)-512):]; !bytes.Contains(last, endMark) {
		return
	}
	s, err := shards.Parse(path, content)
	if err != nil || s == nil || !s.Complete() {
		return
	}
	seen.whole = s.Record.PlanHash == f.state.PlanHash && s.Record.Of == f.state.Shards
	seen.index, seen.ended, seen.host = s.Record.Index, s.End.Ended, s.Host.Hostname
}

// Words say of a shard where it was and what became of it.
func (s Shard) Words() string {
	text := fmt.Sprintf("shard %d", s.Index)
	if s.Where != "" {
		text += " on " + s.Where
	}
	if s.Why == "" {
		return text + ": " + string(s.Phase)
	}
	return text + ": " + s.Why
}

// indexesOf are the shards in one of some phases.
func indexesOf(shards []Shard, phases ...Phase) (indexes []int) {
	for _, s := range shards {
		if slices.Contains(phases, s.Phase) {
			indexes = append(indexes, s.Index)
		}
	}
	return indexes
}

// count is the number of shards in a phase.
func count(shards []Shard, phase Phase) (n int) {
	for _, s := range shards {
		if s.Phase == phase {
			n++
		}
	}
	return n
}

// AllComplete reports whether nothing is missing.
func AllComplete(shards []Shard) bool { return count(shards, Complete) == len(shards) }

// NoneComplete reports whether there is nothing to merge.
func NoneComplete(shards []Shard) bool { return count(shards, Complete) == 0 }

// Files are the result files that are to be merged: of each complete shard the one that counts.
func Files(shards []Shard) (paths []string) {
	for _, s := range shards {
		if s.Phase == Complete {
			paths = append(paths, s.File)
		}
	}
	return paths
}

// Summary says in a line how all shards stand.
func Summary(shards []Shard) string {
	text := fmt.Sprintf("%d of %d complete", count(shards, Complete), len(shards))
	for _, phase := range []Phase{Running, Waiting, Unknown, Failed, Missing} {
		if n := count(shards, phase); n > 0 {
			text += fmt.Sprintf(", %d %s", n, phase)
		}
	}
	return text
}

// WriteTable prints a line for each shard.
func WriteTable(w io.Writer, shards []Shard) error {
	return table(w, []string{"shard", "phase", "where", "tries", ""}, func(row func(...any)) {
		for _, s := range shards {
			say := s.Why
			if s.Phase == Complete {
				say = filepath.Base(s.File)
			}
			row(s.Index, s.Phase, s.Where, s.Tries, say)
		}
	})
}
