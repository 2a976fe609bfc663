package main

import (
	"errors"
	"fmt"
	"slices"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/kernels"
)

// splitAtDash parts words at every "--"; dash is the number of words before the first, -1 if there is none.
func splitAtDash(args []string, dash int) (before []string, commands [][]string) {
	if dash < 0 {
		return args, nil
	}
	rest := args[dash:]
	for {
		i := slices.Index(rest, "--")
		if i < 0 {
			return args[:dash], append(commands, rest)
		}
		commands, rest = append(commands, rest[:i]), rest[i+1:]
	}
}

// guestCommands checks commands for a guest as far as they can be checked here: a guest takes a minute to refuse them.
func (con *console) guestCommands(asked [][]string) (commands []kernels.Command, err error) {
	for _, words := range asked {
		c := kernels.Command{Words: words}
		switch {
		case len(words) == 0:
			return nil, &usageError{errors.New("--: a command of tunbench must follow, as in -- run size=64")}
		case !guest.IsProgram(words):
			if c.Records, err = con.guestCommand(words); err != nil {
				return nil, &usageError{err}
			}
		}
		commands = append(commands, c)
	}
	return commands, nil
}

// guestCommand reads words as the root command would, and reports whether they leave out the -o of a command that has one.
func (con *console) guestCommand(words []string) (noOutput bool, err error) {
	sub, rest, err := con.rootCommand().Find(words)
	if err != nil {
		return false, fmt.Errorf("%w; see tunbench --help", err)
	}
	if !sub.HasParent() || sub.Name() == "kernels" {
		return false, fmt.Errorf("-- %s: want a command of tunbench that runs in a guest, such as run or doctor", words[0])
	}
	sub.InitDefaultHelpFlag()
	if err := sub.ParseFlags(rest); err != nil {
		return false, fmt.Errorf("%w; see %s --help", flagError(err), sub.CommandPath())
	}
	flag := sub.Flags().Lookup("output")
	return flag != nil && flag.Shorthand == "o" && !flag.Changed, nil
}
