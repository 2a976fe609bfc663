package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// secureShell copies the program and the plan to a list of hosts, a shard for each, and starts it there in the background: connections may
// break meanwhile. On a host the shard has a folder of its own, below the user's home.
type secureShell struct{}

const hostsFile = "hosts"

// defaultShell never asks for a password: nobody may be there to answer. A host that falls silent is left after 15 seconds.
var defaultShell = []string{"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"}

// How long a host may take before it is taken for one that hangs.
const (
	longestAnswer = 30 * time.Second // to say how its shard stands
	longestCopy   = 10 * time.Minute // for a file
)

func (secureShell) check(r *Request) error {
	switch {
	case r.Image != "":
		return usage("--image is for --engine kubernetes")
	case len(r.Hosts) == 0:
		return usage("--engine ssh: which hosts? give --hosts FILE, with a host on each line")
	case r.Shards != 0 && r.Shards != len(r.Hosts):
		return usage("%d machines are asked for, by --shards or by the plan, and --hosts has %d: a host measures one shard: leave --shards out, also where the plan is written, or change the list", r.Shards, len(r.Hosts))
	}
	r.Shards = len(r.Hosts)
	if len(r.Shell) == 0 {
		r.Shell = defaultShell
	}
	return nil
}

func (secureShell) files(r *Request) ([]file, error) {
	files, err := r.fill(map[string]fs.FileMode{"shard.sh": 0o755})
	text := "# One host a line: shard 0 runs on the first, shard 1 on the second. To repeat a shard on another host, change its line.\n" +
		strings.Join(r.Hosts, "\n") + "\n"
	return append(files, file{hostsFile, []byte(text), 0o644}), err
}

// ParseHosts reads a list of hosts: one a line, as ssh takes it; # begins a comment. Each is there once, as a machine measures one shard.
func ParseHosts(text string) (hosts []string, err error) {
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case len(words) > 1:
			return nil, usage("%q: want one host a line; what ssh needs besides belongs into its own configuration", strings.TrimSpace(line))
		case strings.HasPrefix(words[0], "-"):
			return nil, usage("%q: want a host, this would be an option of ssh", words[0])
		case slices.Contains(hosts, words[0]):
			return nil, usage("%s is in the list twice: a machine measures one shard", words[0])
		}
		hosts = append(hosts, words[0])
	}
	if len(hosts) == 0 {
		return nil, usage("the list has no host: want one on each line")
	}
	return hosts, nil
}

// hosts are those of the folder, by shard.
func hosts(f *Folder) ([]string, error) {
	text, err := os.ReadFile(f.path(hostsFile))
	if err != nil {
		return nil, fmt.Errorf("read hosts: %w", err)
	}
	hosts, err := ParseHosts(string(text))
	if err == nil && len(hosts) != f.state.Shards {
		err = usage("%s has %d hosts, the plan was rendered for %d: change lines, but neither add nor remove any", f.path(hostsFile), len(hosts), f.state.Shards)
	}
	return hosts, err
}

// remote is the folder of a shard on its host.
func remote(f *Folder, shard int) string {
	return fmt.Sprintf("tunbench-fleet/%s-%s-%d", f.state.PlanHash, f.state.ID, shard)
}

// onHost runs a command of sh on a host, whatever shell its user has there. After a time the host is one that does not answer.
func onHost(ctx context.Context, f *Folder, host, command string, stdin io.Reader, longest time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("%s: no answer within %v", host, longest))
	defer cancel()
	args := append(slices.Clone(f.state.Shell[1:]), host, "sh -c "+quoted(command))
	out, err := client(ctx, "", stdin, f.state.Shell[0], args...)
	if failed := (*clientError)(nil); errors.As(err, &failed) {
		failed.name = host
	}
	return out, err
}

// quoted is a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func (s secureShell) submit(ctx context.Context, f *Folder, shards []int, keep func(Job) error) error {
	hosts, err := hosts(f)
	if err != nil {
		return err
	}
	// One that cannot be reached keeps no other from beginning.
	errs := atOnce(shards, func(shard int) error {
		if err := s.start(ctx, f, hosts[shard], shard); err != nil {
			return fmt.Errorf("start shard %d: %w", shard, err)
		}
		return keep(Job{ID: hosts[shard], Shards: []int{shard}})
	})
	return errors.Join(errs...)
}

// start copies what a host needs and starts its shard. A shard that is running there is left alone.
func (s secureShell) start(ctx context.Context, f *Folder, host string, shard int) error {
	switch t := s.look(ctx, f, host, shard); t.Phase {
	case Running:
		return nil
	case Unknown:
		return errors.New(strings.TrimPrefix(t.Why, notAsked))
	}
	dir := remote(f, shard)
	for _, name := range []string{binaryFile, planFile, "shard.sh"} {
		local, err := os.Open(f.path(name))
		if err != nil {
			return err
		}
		_, err = onHost(ctx, f, host, fmt.Sprintf("mkdir -p %[1]s/results && cat >%[1]s/%[2]s.new && chmod 755 %[1]s/%[2]s.new && mv %[1]s/%[2]s.new %[1]s/%[2]s", dir, name), local, longestCopy)
		if err = errors.Join(err, local.Close()); err != nil {
			return err
		}
	}
	_, err := onHost(ctx, f, host, fmt.Sprintf("cd %s && rm -f exit && { setsid sh shard.sh %d </dev/null >/dev/null 2>&1 & }", dir, shard), nil, f.answer)
	return err
}

func (s secureShell) ask(ctx context.Context, f *Folder) ([]Task, error) {
	hosts, err := hosts(f)
	if err != nil {
		return nil, err
	}
	files, err := f.complete()
	if err != nil {
		return nil, err
	}
	var submitted []int // of which the file is not here yet
	for shard := range hosts {
		if n, _ := f.tries(shard); n > 0 && len(files[shard]) == 0 {
			submitted = append(submitted, shard)
		}
	}
	tasks := make([]Task, len(hosts))
	atOnce(submitted, func(shard int) error {
		tasks[shard] = s.look(ctx, f, hosts[shard], shard)
		return nil
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return slices.DeleteFunc(tasks, func(t Task) bool { return t.Phase == "" }), nil
}

// lookCommand prints how a shard stands in its folder: running, gone, or its exit code. Only the exit code 75 of flock says that somebody
// has the lock; any other error of it says nothing about the shard.
const lookCommand = `command -v flock >/dev/null || { echo "flock is missing there: install util-linux" >&2; exit 1; }
cd %s 2>/dev/null || { echo gone; exit; }
if [ -e lock ]; then flock -n -E 75 lock true; held=$?; else held=0; fi
case $held in
75) echo running;;
0) if [ -e exit ]; then cat exit; else echo gone; fi;;
*) exit 1;;
esac`

// notAsked begins the reason why a host's shard is unknown.
const notAsked = "cannot be asked: "

// look asks a host how its shard stands. What goes on at one that cannot be asked is found when it is back.
func (secureShell) look(ctx context.Context, f *Folder, host string, shard int) Task {
	_, job := f.tries(shard)
	t := Task{Job: job, Shard: shard, Phase: Over, Where: host, handle: host}
	out, err := onHost(ctx, f, host, fmt.Sprintf(lookCommand, remote(f, shard)), nil, f.answer)
	said := strings.TrimSpace(string(out))
	code, codeErr := strconv.Atoi(said)
	switch {
	case err != nil:
		t.Phase, t.Why = Unknown, notAsked+err.Error()
	case said == "running":
		t.Phase = Running
	case codeErr == nil && code > 128:
		t.Why = fmt.Sprintf("killed by signal %d", code-128)
	case codeErr == nil:
		t.Why = fmt.Sprintf("exit %d", code)
	default:
		t.Why = "its process is gone"
	}
	return t
}

// fetch brings logs and result files of what is over.
func (s secureShell) fetch(ctx context.Context, f *Folder, tasks []Task) error {
	errs := atOnce(tasks, func(t Task) error {
		if t.Phase != Over {
			return nil
		}
		if err := s.bring(ctx, f, t); err != nil {
			return fmt.Errorf("fetch shard %d: %w", t.Shard, err)
		}
		return nil
	})
	return errors.Join(errs...)
}

func (s secureShell) bring(ctx context.Context, f *Folder, t Task) error {
	dir := remote(f, t.Shard)
	listing, err := onHost(ctx, f, t.handle, fmt.Sprintf("cd %s 2>/dev/null && ls log results/*.jsonl 2>/dev/null; true", dir), nil, f.answer)
	if err != nil {
		return nil // what cannot be reached is said by its task
	}
	for _, name := range strings.Fields(string(listing)) {
		file := fmt.Sprintf("^results/%s-%dof%d-[0-9a-f]+[.]jsonl$", f.state.PlanHash, t.Shard, f.state.Shards)
		if isShard, err := regexp.MatchString(file, name); err != nil || name != "log" && !isShard {
			continue // a host says nothing about other shards
		}
		content, err := onHost(ctx, f, t.handle, fmt.Sprintf("cat %s/%s", dir, name), nil, longestCopy)
		if err != nil {
			return err
		}
		to := f.path(logsDir, fmt.Sprintf("%d-%s.log", t.Shard, strings.NewReplacer("/", "_", "@", "_").Replace(t.handle)))
		if name != "log" {
			to = f.path(resultsDir, filepath.Base(name))
		}
		if err := replaceFile(to, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// cleanCommand removes a shard's folder, unless it is measured there.
const cleanCommand = `[ -d %[1]s ] || exit 0; flock -n -E 75 %[1]s/lock rm -rf %[1]s`

func (secureShell) clean(ctx context.Context, f *Folder, job Job) error {
	for _, shard := range job.Shards {
		_, err := onHost(ctx, f, job.ID, fmt.Sprintf(cleanCommand, remote(f, shard)), nil, f.answer)
		if failed := (*clientError)(nil); errors.As(err, &failed) && failed.code == 75 {
			err = fmt.Errorf("%s: shard %d is still measured there", job.ID, shard)
		}
		if err != nil {
			return fmt.Errorf("remove %s: %w", remote(f, shard), err)
		}
	}
	return nil
}

// atOnce does something for each of some things, a few at a time.
func atOnce[T any](all []T, do func(T) error) []error {
	const few = 16
	var wait sync.WaitGroup
	errs := make([]error, len(all))
	slots := make(chan struct{}, few)
	for i, one := range all {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(one)
		})
	}
	wait.Wait()
	return errs
}
