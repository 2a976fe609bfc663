package kernels

import (
	"slices"
	"strings"
)

// recordsFile is the result file of a command in a guest that was given none.
const recordsFile = "results.jsonl"

// Command is a command line of tunbench, or of a static program, that is to run on each kernel.
type Command struct {
	Words   []string
	Records bool // it writes records into the file of -o, and its words name none
}

// doctorFirst returns the commands for a guest: doctor comes first, whether asked for or not, as records say which features a kernel has.
func doctorFirst(asked []Command) []Command {
	isDoctor := func(c Command) bool { return c.String() == "doctor" || c.String() == "doctor --json" }
	return append([]Command{{Words: []string{"doctor"}}}, slices.DeleteFunc(slices.Clone(asked), isDoctor)...)
}

// inGuest is the command line in a guest, where the records of every command are kept.
func (c Command) inGuest() []string {
	switch {
	case c.String() == "doctor":
		return []string{"doctor", "--json"}
	case c.Records:
		return append(slices.Clone(c.Words), "-o", recordsFile)
	}
	return c.Words
}

func (c Command) String() string { return strings.Join(c.Words, " ") }

// comparesSpeed says that the answer of a command is about speed.
func (c Command) comparesSpeed() bool { return c.Words[0] == "ab" || c.Words[0] == "gate" }
