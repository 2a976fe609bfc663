package kernels

import (
	"context"
	"fmt"
	"os"
	"slices"

	"tunbench/bench/internal/guest"
)

// boot is what came of one kernel.
type boot struct {
	name     string // as it was asked for
	pkg      string // version and suite of a Debian package
	commands []Command
	outcome  *guest.Outcome // of each command, in their order
	err      error          // it did not come to its end
}

// source is a kernel that may still have to be downloaded.
type source struct {
	name string
	get  func() (guest.Kernel, error)
}

// boot gets the kernel and runs commands on it.
func (s source) boot(ctx context.Context, launcher *guest.Launcher, commands []Command) boot {
	b := boot{name: s.name, commands: commands, outcome: &guest.Outcome{}}
	k, err := s.get()
	if err == nil {
		b.outcome, err = launcher.Boot(ctx, k, inGuest(commands))
	}
	b.pkg, b.err = k.Package, err
	return b
}

func inGuest(commands []Command) (lines [][]string) {
	for _, c := range commands {
		lines = append(lines, c.inGuest())
	}
	return lines
}

// launcher is what boots; cache is the folder for what is kept between runs.
func (r Run) launcher(commands []Command) (launcher *guest.Launcher, cache string, err error) {
	if err := guest.FindQEMU(); err != nil {
		return nil, "", err
	}
	program := r.Program
	if program == "" {
		if program, err = os.Executable(); err != nil {
			return nil, "", fmt.Errorf("find this program: %w", err)
		}
	}
	if err := guest.CheckPrograms(program, inGuest(commands)); err != nil {
		return nil, "", err
	}
	if cache, err = guest.CacheFolder(); err != nil {
		return nil, "", err
	}
	return &guest.Launcher{
		Program: program,
		Machine: guest.DefaultMachine,
		Accel:   r.Accel,
		Timeout: r.Timeout,
		Native:  slices.ContainsFunc(commands, Command.comparesSpeed),
		Lock:    guest.LockFile(cache),
		Waiting: r.Waiting,
	}, cache, nil
}

// sources are the kernels in the order in which they are to be booted.
func (r Run) sources(ctx context.Context, cache string) ([]source, error) {
	if r.Image != "" {
		k, err := guest.KernelFiles(r.Image, r.Modules)
		return []source{{k.Name, func() (guest.Kernel, error) { return k, nil }}}, err
	}
	archive, err := guest.OpenArchive(guest.KernelFolder(cache))
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, p := range r.Packages {
		sources = append(sources, source{p.String(), func() (guest.Kernel, error) { return archive.Get(ctx, p) }})
	}
	return sources, nil
}
