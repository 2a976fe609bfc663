package campaign

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tunbench/bench/internal/host"
	"tunbench/results"
)

// RunShard measures this machine's shard of a plan, into a file in dir that is named by the plan, the shard and the machine; dir is made if it is
// not there. A shard that is complete is not measured again: the outcome is Whole. What an interrupted measurement left is set aside and
// the shard is measured anew, or with Resume continued, if the kind of work, the machine and the program allow that. path is the file.
func (c Campaign) RunShard(ctx context.Context, dir string) (out Outcome, path string, err error) {
	name, err := c.Share.FileName(host.Fingerprint(c.Args))
	if err != nil {
		return out, "", err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return out, "", fmt.Errorf("make the folder of shards: %w", err)
	}
	path = filepath.Join(dir, name)
	c.Out = path
	left, err := lookAt(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Resume = false
		out, err = c.Run(ctx, c.Share.Plan.Plan)
		return out, path, err
	case is[*results.InUseError](err):
		return out, path, err
	case err != nil: // nobody can read it
		c.Resume = false
	case left.ShardEnd != nil:
		return Outcome{File: left, Whole: true}, path, nil
	}
	if c.Resume {
		out, err = c.Run(ctx, c.Share.Plan.Plan)
		if !is[*UsageError](err) || out.File != nil {
			return out, path, err
		}
		c.Warn(fmt.Sprintf("%s cannot be continued and is measured anew: %v", path, err))
		c.Resume = false
	}
	if err := c.setAside(path); err != nil {
		return out, path, err
	}
	out, err = c.Run(ctx, c.Share.Plan.Plan)
	return out, path, err
}

func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

// errLooked ends a look at a file that is not to be changed.
var errLooked = errors.New("looked at")

// lookAt reads what a shard left, unless somebody is writing it: then the error is an [*results.InUseError].
func lookAt(path string) (left *results.File, err error) {
	_, err = results.Resume(path, func(file *results.File) error {
		left = file
		return errLooked
	})
	if errors.Is(err, errLooked) {
		err = nil
	}
	return left, err
}

// setAside gives a file another name that is free.
func (c Campaign) setAside(path string) error {
	aside := path + ".incomplete"
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			break
		}
		aside = fmt.Sprintf("%s.incomplete-%d", path, n)
	}
	if err := os.Rename(path, aside); err != nil {
		return fmt.Errorf("set aside what is incomplete: %w", err)
	}
	c.Warn(fmt.Sprintf("%s was incomplete and is now %s: the shard is measured anew", path, filepath.Base(aside)))
	return nil
}
