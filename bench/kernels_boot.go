package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tunbench/bench/internal/guest"
)

// recordsFile is the result file of a command in a guest that was given none.
const recordsFile = "results.jsonl"

// added is what guestCommands adds to the user's words, and the table leaves out.
var added = []string{"-o", recordsFile}

// asAsked is a command as the user gave it.
func asAsked(words []string) string {
	text := strings.TrimSuffix(strings.Join(words, " "), " "+strings.Join(added, " "))
	if text == "doctor --json" {
		return "doctor"
	}
	return text
}

// verdicts are commands whose answer is about speed.
var verdicts = []string{"ab", "gate"}

// guestCommands are the commands for every guest: doctor, whose answer the table needs, then the user's. They are checked here as far as
// they can be, for a guest takes a minute to refuse them. A command that writes records writes them into its folder.
func (con *console) guestCommands(asked [][]string) ([][]string, error) {
	commands := [][]string{{"doctor", "--json"}}
	for _, words := range asked {
		if len(words) == 0 {
			return nil, &usageError{errors.New("--: a command of tunbench must follow, as in -- run size=64")}
		}
		if slices.Equal(words, []string{"doctor"}) {
			continue
		}
		if guest.IsProgram(words) {
			commands = append(commands, words)
			continue
		}
		sub, rest, err := con.rootCommand().Find(words)
		if err != nil {
			return nil, &usageError{fmt.Errorf("%w; see tunbench --help", err)}
		}
		if !sub.HasParent() || sub.Name() == "kernels" {
			return nil, &usageError{fmt.Errorf("-- %s: want a command of tunbench that runs in a guest, such as run or doctor", words[0])}
		}
		sub.InitDefaultHelpFlag()
		if err := sub.ParseFlags(rest); err != nil {
			return nil, &usageError{fmt.Errorf("%w; see %s --help", flagError(err), sub.CommandPath())}
		}
		flag := sub.Flags().Lookup("output")
		if flag != nil && flag.Shorthand == "o" && !flag.Changed {
			words = append(slices.Clone(words), added...)
		}
		commands = append(commands, words)
	}
	return commands, nil
}

// launcher is what boots, and the folder for what is kept between runs.
func (con *console) launcher(o kernelsOptions, commands [][]string) (*guest.Launcher, string, error) {
	if err := guest.FindQEMU(); err != nil {
		return nil, "", err
	}
	program := o.program
	if program == "" {
		var err error
		if program, err = os.Executable(); err != nil {
			return nil, "", fmt.Errorf("find this program: %w", err)
		}
	}
	if err := guest.CheckPrograms(program, commands); err != nil {
		return nil, "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, "", fmt.Errorf("find cache folder: %w: set XDG_CACHE_HOME", err)
	}
	cache = filepath.Join(cache, "tunbench")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, "", fmt.Errorf("make cache folder: %w: set XDG_CACHE_HOME", err)
	}
	return &guest.Launcher{
		Program: program,
		Machine: guest.DefaultMachine,
		Accel:   guest.Accel(o.accel),
		Timeout: o.timeout,
		Native:  slices.ContainsFunc(commands, func(words []string) bool { return slices.Contains(verdicts, words[0]) }),
		Lock:    filepath.Join(cache, "guest.lock"),
		Waiting: func() {
			if !o.quiet {
				fmt.Fprintln(con.stderr, "tunbench: another guest runs on this machine: waiting for its end")
			}
		},
	}, cache, nil
}

// kernelToBoot is a kernel that may still have to be downloaded.
type kernelToBoot struct {
	name string
	get  func() (guest.Kernel, error)
}

func (o *kernelsOptions) kernelsToBoot(ctx context.Context, patterns []guest.Pattern, cache string) ([]kernelToBoot, error) {
	if o.kernel != "" {
		k, err := guest.KernelFiles(o.kernel, o.modules)
		return []kernelToBoot{{k.Name, func() (guest.Kernel, error) { return k, nil }}}, err
	}
	archive, err := guest.OpenArchive(filepath.Join(cache, "kernels"))
	if err != nil {
		return nil, err
	}
	var get []kernelToBoot
	for _, p := range patterns {
		get = append(get, kernelToBoot{p.String(), func() (guest.Kernel, error) { return archive.Get(ctx, p) }})
	}
	return get, nil
}
