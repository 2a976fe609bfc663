package shards

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"tunbench/bench/internal/campaign"
	"tunbench/results"
)

// Shard is one file of one machine, or what is left of it.
type Shard struct {
	Name   string            // the file, or the log and the line in it
	Host   results.Host      //
	Record results.Shard     // of a frame that is not whole only the hash, the index and the number of machines
	End    *results.ShardEnd // nil if it is incomplete
	Trials int
	SHA256 string // of the file, hexadecimal
	Why    string // it is incomplete; "" if it is complete

	first, last time.Time // of all times in it
	text        []byte    // of a shard that comes out of a log; else it is read again
}

// Shard is its place among the machines.
func (s *Shard) Shard() campaign.Shard { return campaign.Shard{Index: s.Record.Index, Of: s.Record.Of} }

// Complete reports whether the machine measured the whole plan and the whole file is there.
func (s *Shard) Complete() bool { return s.Why == "" }

// Read reads result files of shards, and logs that have framed copies of them, several at once. It returns the shards in the order of the paths,
// incomplete ones included, and warnings about files that have nothing to give. step is told of each file that was read; it may be nil. A file
// that is neither, or is a result file but no shard, is a [*campaign.UsageError]; any other error is of a file that cannot be read.
func Read(ctx context.Context, paths []string, step func(path string)) (all []*Shard, warnings []string, err error) {
	found := make([]found, len(paths))
	var wg sync.WaitGroup
	var mu sync.Mutex
	next := make(chan int)
	for range min(runtime.GOMAXPROCS(0), len(paths)) {
		wg.Go(func() {
			for i := range next {
				found[i] = readOne(paths[i])
				if step != nil {
					mu.Lock()
					step(paths[i])
					mu.Unlock()
				}
			}
		})
	}
	for i := range paths {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	for _, f := range found {
		if f.err != nil {
			return nil, nil, f.err
		}
		all = append(all, f.shards...)
		if f.warning != "" {
			warnings = append(warnings, f.warning)
		}
	}
	return all, warnings, nil
}

// found is what one path gave.
type found struct {
	shards  []*Shard
	warning string
	err     error
}

func readOne(path string) found {
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return found{err: err}
	case len(bytes.TrimSpace(text)) == 0:
		return found{warning: path + " is empty and was left out"}
	case !isResultFile(text):
		return readLog(path, text)
	}
	s, err := Parse(path, text)
	switch {
	case err != nil:
		return found{err: err}
	case s == nil:
		return found{warning: path + " was cut off before it says of which plan it is, and was left out"}
	}
	return found{shards: []*Shard{s}}
}

// isResultFile reports whether the first line of a text is a record, of whatever tunbench.
func isResultFile(text []byte) bool {
	line, _ := bufio.NewReader(bytes.NewReader(withoutMark(text))).ReadBytes('\n')
	var h struct {
		Record *string `json:"record"`
	}
	return json.Unmarshal(line, &h) == nil && h.Record != nil
}

// withoutMark is a text without its byte order mark.
func withoutMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

func readLog(path string, text []byte) (f found) {
	frames, err := ReadFrames(bytes.NewReader(text))
	if err != nil {
		return found{err: fmt.Errorf("read log %s: %w", path, err)}
	}
	if len(frames) == 0 {
		_, err := results.Read(bytes.NewReader(text)) // which knows what it may be instead
		return found{err: usage("%s is neither the result file of a shard nor a log with a copy of one: %w", path, err)}
	}
	for _, frame := range frames {
		name := fmt.Sprintf("%s:%d", path, frame.Line)
		if frame.Err != nil {
			f.shards = append(f.shards, &Shard{
				Name: name, Why: frame.Err.Error(),
				Record: results.Shard{PlanHash: frame.Hash, Index: frame.Shard.Index, Of: frame.Shard.Of},
			})
			continue
		}
		s, err := Parse(name, frame.Text)
		if err != nil {
			return found{err: err}
		}
		if s == nil || s.Record.PlanHash != frame.Hash || s.Shard() != frame.Shard {
			return found{err: usage("%s: it is said to be shard %v of plan %s, and is not", name, frame.Shard, frame.Hash)}
		}
		s.text = frame.Text
		f.shards = append(f.shards, s)
	}
	return f
}

// Parse reads the text of a result file; name is what errors call it. The shard is nil if the text was cut off before its shard record.
func Parse(name string, text []byte) (*Shard, error) {
	file, err := results.Read(bytes.NewReader(text))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read result file %s: %w", name, err)
	case file.Merge != nil:
		return nil, usage("%s is a merged file: give the files of its shards", name)
	case file.Shard == nil && file.End == nil && len(file.Trials)+len(file.Calibrations) == 0:
		return nil, nil
	case file.Shard == nil:
		return nil, usage("%s is not the result file of a shard: want files of tunbench run --plan", name)
	}
	if err := campaign.CheckPlanSchema(file.Shard.Plan); err != nil {
		return nil, usage("%s: %w", name, err)
	}
	sum := sha256.Sum256(text)
	s := &Shard{
		Name: name, Host: file.Host, Record: *file.Shard, End: file.ShardEnd, Trials: len(file.Trials), SHA256: hex.EncodeToString(sum[:]),
	}
	if s.Record.Of < 1 || s.Record.Index < 0 || s.Record.Index >= s.Record.Of || s.Record.Of > campaign.MaxShards {
		return nil, usage("%s: shard %v is out of range", name, s.Shard())
	}
	switch {
	case file.End == nil:
		s.Why = "it was cut off, or is still being measured"
	case file.ShardEnd == nil && file.End.Status == results.Interrupted:
		s.Why = "it was interrupted: " + file.End.Reason
	case file.ShardEnd == nil:
		s.Why = "it was cut off"
	case file.ShardEnd.Trials != len(file.Trials):
		s.Why = fmt.Sprintf("its end speaks of %s, it has %d", results.Count(file.ShardEnd.Trials, "trial"), len(file.Trials))
	}
	s.times(file)
	return s, nil
}

// times finds the first and the last time in a file.
func (s *Shard) times(file *results.File) {
	s.first, s.last = file.Shard.Started, file.Shard.Started
	seen := func(t time.Time) {
		if t.IsZero() {
			return
		}
		if t.Before(s.first) {
			s.first = t
		}
		if t.After(s.last) {
			s.last = t
		}
	}
	for _, t := range file.Trials {
		seen(t.Start)
	}
	if file.ShardEnd != nil {
		seen(file.ShardEnd.Ended)
	}
}

func usage(format string, args ...any) error {
	return &campaign.UsageError{Err: fmt.Errorf(format, args...)}
}
