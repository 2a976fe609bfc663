package kernels

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tunbench/bench/internal/gate"
	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// Run says which commands are to run on which kernels.
type Run struct {
	Packages       []guest.Pattern // of Debian kernels
	Image, Modules string          // a kernel of one's own, in place of packages
	Program        string          // a static build of tunbench; "" is this one
	Accel          guest.Accel
	Timeout        time.Duration // ends a kernel that is not done
	Commands       []Command
	Dir            string // a new folder, for what commands print and leave
	Markdown       string // a file for the table; "" is none

	Lines    io.Writer                    // takes every record as JSON Lines; may be nil
	Waiting  func()                       // is called when another guest has the machine
	Progress func(steps int) *ui.Progress // shows the kernels
}

// Do boots one kernel after the other; what fails on one does not keep the next from its turn. There is a record for each kernel that had its
// turn, also where the error says that not all went well: a [FailedError], or that ctx ended. After any other error there are none.
func (r Run) Do(ctx context.Context) (records []results.Kernel, err error) {
	commands := doctorFirst(r.Commands)
	launcher, cache, err := r.launcher(commands)
	if err != nil {
		return nil, err
	}
	sources, err := r.sources(ctx, cache)
	if err != nil {
		return nil, err
	}
	markdown, err := gate.CreateFile(r.Markdown)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, markdown.Discard()) }()
	if err := os.Mkdir(r.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("make folder for results: %w: name another one with -o", err)
	}
	progress := r.Progress(len(sources))
	defer progress.Done()
	var boots []boot
	for _, source := range sources {
		progress.Step(source.name)
		b := source.boot(ctx, launcher, commands)
		boots, records = append(boots, b), append(records, b.record())
		if err := errors.Join(b.keep(filepath.Join(r.Dir, folderName(b.name))), r.print(b.record())); err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if err := markdown.Commit([]byte(Markdown(records))); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return records, fmt.Errorf("interrupted after %d of %d kernels: %w", len(boots)-1, len(sources), context.Cause(ctx))
	}
	return records, verdict(boots)
}

// print writes a record as soon as there is one: the next takes a while.
func (r Run) print(k results.Kernel) error {
	if r.Lines == nil {
		return nil
	}
	return results.Print(r.Lines, k)
}
