package results

import (
	"encoding/json"
	"errors"
	"time"
)

// The kinds of record of a measurement on many machines.
const (
	KindShard    Kind = "shard"
	KindShardEnd Kind = "shard_end"
	KindMerge    Kind = "merge"
)

// Shard says of a result file that it is one machine's share of a plan. It is the second record of the file, after the [Host].
type Shard struct {
	Plan     json.RawMessage `json:"plan"`      // the whole plan as its file has it, so that the result file alone says what was measured
	PlanHash string          `json:"plan_hash"` // 12 hexadecimal digits, the same on all machines that measured this plan
	Index    int             `json:"index"`     // of the machine, from 0
	Of       int             `json:"of"`        // machines that the plan was given to
	HostID   string          `json:"host_id"`   // 8 hexadecimal digits of the machine's name, kernel, CPU and virtualization
	Started  time.Time       `json:"started"`   // by the clock of the machine; UTC
}

// ShardEnd is the last record of a shard that is complete, after the [End]. A shard without one was cut off or interrupted.
type ShardEnd struct {
	Ended   time.Time `json:"ended"`            // by the clock of the machine; UTC
	Exit    int       `json:"exit"`             // exit code of the command that measured
	Trials  int       `json:"trials"`           // trial records of the file, failed ones included
	Resumed time.Time `json:"resumed,omitzero"` // when the last sitting began, if an earlier one was interrupted
}

// Merge is the first record of a merged file. After it comes each of its shards as its own file has it, byte for byte, so that each begins with
// a [Host] and a [Shard].
type Merge struct {
	Time     time.Time       `json:"time"`      // of the merging, by the clock of the machine that merged; UTC
	Plan     json.RawMessage `json:"plan"`      // the whole plan
	PlanHash string          `json:"plan_hash"` // of all shards
	Of       int             `json:"of"`        // machines that the plan was given to
	Shards   []MergedShard   `json:"shards"`    // in the file, by their index
	Missing  []MissingShard  `json:"missing,omitempty"`
	Doubled  []DoubledShard  `json:"doubled,omitempty"`
	Warnings []string        `json:"warnings,omitempty"` // sentences about clocks, machines and versions
}

// MergedShard is one shard of a merged file.
type MergedShard struct {
	Index  int    `json:"index"`
	HostID string `json:"host_id"`
	File   string `json:"file"`   // where it was read from
	SHA256 string `json:"sha256"` // of the shard's file, hexadecimal
	Trials int    `json:"trials"`
	Exit   int    `json:"exit"` // exit code of the command that measured
}

// MissingShard is a shard that a merged file does not have.
type MissingShard struct {
	Index int    `json:"index"`
	Why   string `json:"why"` // a sentence, with the name of an incomplete file where there is one
}

// DoubledShard is a shard that was given more than once; one of the files is in the merged file.
type DoubledShard struct {
	Index int      `json:"index"`
	Taken string   `json:"taken"` // file
	Left  []string `json:"left"`  // files that were left out: they have the same content, or are incomplete
}

// Parts returns the files of all machines: the shards of a merged file, each as if it was read alone, or the file itself. Trials of different
// parts must never be taken together as repeats.
func (f *File) Parts() []*File {
	if f.Merge != nil {
		return f.Shards
	}
	return []*File{f}
}

// Errors of a merged file.
var (
	errMergeFirst = errors.New("a merge record is the first of its file")
	errShardEnd   = errors.New("a shard_end record stands once, after the end record of a shard")
	errShardFirst = errors.New("each shard of a merged file begins with its host record, followed by its shard record")
)

// Kind implements [Record].
func (Shard) Kind() Kind { return KindShard }

// Kind implements [Record].
func (ShardEnd) Kind() Kind { return KindShardEnd }

// Kind implements [Record].
func (Merge) Kind() Kind { return KindMerge }

func (s Shard) line() any {
	return struct {
		header
		Shard
	}{header{Schema, KindShard}, s}
}

func (e ShardEnd) line() any {
	return struct {
		header
		ShardEnd
	}{header{Schema, KindShardEnd}, e}
}

func (m Merge) line() any {
	return struct {
		header
		Merge
	}{header{Schema, KindMerge}, m}
}
