package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/host"
	"tunbench/results"
)

// MaxShards is the largest number of machines that a plan can be for.
const MaxShards = 100_000

// Shard says which of several machines measures: every one of them measures the whole plan, so that no comparison is split over two machines.
type Shard struct {
	Index int // from 0
	Of    int // machines
}

// String is the shard as --shard takes it.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// ParseShard reads I/N.
func ParseShard(text string) (Shard, error) {
	before, after, _ := strings.Cut(text, "/")
	index, err := strconv.Atoi(before)
	of, ofErr := strconv.Atoi(after)
	if err != nil || ofErr != nil {
		return Shard{}, fmt.Errorf("want I/N: the index of this machine from 0, and the number of machines, such as 0/3")
	}
	return Shard{index, of}, Shard{index, of}.check()
}

func (s Shard) check() error {
	switch {
	case s.Of < 1 || s.Of > MaxShards:
		return fmt.Errorf("want 1 to %d machines", MaxShards)
	case s.Index < 0 || s.Index >= s.Of:
		return fmt.Errorf("out of range: of %s the indexes are 0 to %d", results.Count(s.Of, "machine"), s.Of-1)
	}
	return nil
}

// ShardsVariable is the environment variable that says how many machines measure a plan, where the scheduler does not.
const ShardsVariable = "TUNBENCH_SHARDS"

// scheduler is what a scheduler says in the environment of each of its tasks.
type scheduler struct {
	index, count string // variables
	holds        func(env func(string) string, count int) bool
}

// schedulers in the order in which they are asked: within a task of a Slurm array each process has a SLURM_PROCID too, which is 0.
var schedulers = []scheduler{
	{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", wholeArray},
	{"SLURM_PROCID", "SLURM_NTASKS", nil},
	{"JOB_COMPLETION_INDEX", "", nil},
}

// wholeArray reports whether the tasks of a Slurm array are numbered 0 to count-1: where a part of an array was submitted once more the count is
// that of the part.
func wholeArray(env func(string) string, count int) bool {
	return env("SLURM_ARRAY_TASK_MIN") == "0" && env("SLURM_ARRAY_TASK_MAX") == strconv.Itoa(count-1)
}

// ShardOf finds out in the environment which shard this process is to measure: of a Slurm array, of a Slurm job with several tasks, of an
// indexed Job of Kubernetes. Where there is none of them scheduled is false, and the shard is 0/1 if one machine is all; of more machines nobody
// says which this is, and that is an error. The number of machines is TUNBENCH_SHARDS, else that of the plan (0 is none), else the scheduler's.
func ShardOf(env func(string) string, planned int) (s Shard, scheduled bool, err error) {
	of := planned
	if text := env(ShardsVariable); text != "" {
		if of, err = strconv.Atoi(text); err != nil || of < 1 {
			return s, false, fmt.Errorf("%s=%s: want the number of machines", ShardsVariable, text)
		}
	}
	for _, from := range schedulers {
		text := env(from.index)
		if text == "" {
			continue
		}
		if s.Index, err = strconv.Atoi(text); err != nil {
			return s, true, fmt.Errorf("%s=%s: want a whole number, or give --shard I/N", from.index, text)
		}
		if s.Of = of; of == 0 {
			if s.Of, err = from.machines(env); err != nil {
				return s, true, err
			}
		}
		if err := s.check(); err != nil {
			return s, true, fmt.Errorf("%s=%s of %d: %w", from.index, text, s.Of, err)
		}
		return s, true, nil
	}
	if of > 1 {
		return s, false, fmt.Errorf("which of %d machines is this? give --shard I/%[1]d, I from 0 to %d", of, of-1)
	}
	return Shard{0, 1}, false, nil
}

// machines is the number of tasks that the scheduler tells.
func (from scheduler) machines(env func(string) string) (int, error) {
	count, err := strconv.Atoi(env(from.count))
	if from.count == "" || err != nil || from.holds != nil && !from.holds(env, count) {
		return 0, fmt.Errorf("%s=%s: of how many machines is not said: set %s=N, or give --shard I/N", from.index, env(from.index), ShardsVariable)
	}
	return count, nil
}

// Share makes a campaign measure one machine's shard of a plan.
type Share struct {
	Shard
	Plan PlanFile
	Exit func(Outcome, error) int // exit code of the command that ends so
}

// record is the second record of the shard's file.
func (s *Share) record(h results.Host) (results.Shard, error) {
	hash, err := Hash(s.Plan.Plan)
	if err != nil {
		return results.Shard{}, err
	}
	plan, err := json.Marshal(s.Plan)
	return results.Shard{
		Plan: plan, PlanHash: hash, Index: s.Index, Of: s.Of, HostID: HostID(h), Started: time.Now().UTC(),
	}, err
}

// hostIDBytes is how much of a SHA-256 tells machines apart.
const hostIDBytes = 4

// HostID names a machine by 8 hexadecimal digits, made of its name, its kernel, its CPU and its virtualization: with another kernel it is
// another machine.
func HostID(h results.Host) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{h.Hostname, h.Kernel, h.CPUModel, strconv.Itoa(h.Cores), h.Virtualization}, "\x00")))
	return hex.EncodeToString(sum[:hostIDBytes])
}

// FileName is the name of the shard's result file on a machine.
func (s *Share) FileName(h results.Host) (string, error) {
	hash, err := Hash(s.Plan.Plan)
	return fmt.Sprintf("%s-%dof%d-%s.jsonl", hash, s.Index, s.Of, HostID(h)), err
}

// sameBinary returns an error if the build that a plan names is another one on this machine.
func sameBinary(planned dut.Binary) error {
	if planned == (dut.Binary{}) {
		return nil
	}
	here, err := dut.FindBinary(planned.Path)
	if err == nil && here.SHA256 != planned.SHA256 {
		err = fmt.Errorf("%s is another build here (sha256 %.12s) than in the plan (%.12s): bring that one to this machine", planned.Path, here.SHA256, planned.SHA256)
	}
	if err != nil {
		return &UsageError{err}
	}
	return nil
}

// sameShard returns an error if a file is not an earlier part of this shard, on this machine and by this program.
func (s *session) sameShard(file *results.File) error {
	here := host.Fingerprint(s.Args)
	if file.Shard == nil {
		return usage("it has no shard record")
	}
	hash, err := Hash(s.Share.Plan.Plan)
	if err != nil {
		return err
	}
	was := Shard{file.Shard.Index, file.Shard.Of}
	facts := append(hostFacts(file.Host, here),
		fact{"plan", file.Shard.PlanHash, hash, file.Shard.PlanHash == hash},
		fact{"shard", was, s.Share.Shard, was == s.Share.Shard},
	)
	if i := slices.IndexFunc(facts, func(f fact) bool { return !f.same }); i >= 0 {
		return usage("it was begun with other %s: %v, not %v", facts[i].what, facts[i].was, facts[i].now)
	}
	return nil
}
