package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"tunbench/bench/internal/host"
)

// flagError says of a flag with a wrong value what is wanted instead; any other error about flags is said as it is.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag := invalid.GetFlag()
	name := "--" + flag.Name
	if flag.Shorthand != "" {
		name = "-" + flag.Shorthand
	}
	value := invalid.GetValue()
	if value == "" {
		value = `""`
	}
	return fmt.Errorf("%s %s: %s", name, value, wanted(flag.Value.Type(), invalid.Unwrap()))
}

// wanted says what a flag of a type takes. Types of our own say it themselves, in their error.
func wanted(kind string, err error) string {
	switch kind {
	case "int", "int64":
		return "want a whole number"
	case "uint64":
		return "want a whole number, 0 or more"
	case "uint32":
		return "want a whole number from 0 to 4294967295"
	case "float64":
		return "want a number"
	case "duration":
		return "want a time with its unit, such as 90s, 10m or 8h"
	case "bool":
		return "want true or false"
	}
	return err.Error()
}

// noEmptyFlag refuses a flag that is given without a value: an unset variable in a script must not mean the default, such as to keep nothing, or to
// compare a program with itself.
func noEmptyFlag(flags *pflag.FlagSet) (err error) {
	flags.Visit(func(flag *pflag.Flag) {
		if flag.Value.String() == "" && err == nil {
			err = &usageError{fmt.Errorf(`--%s "": want a value (is a variable unset?)`, flag.Name)}
		}
	})
	return err
}

// number is a flag for a whole number within bounds.
type number struct {
	to        *int
	low, high int
	things    string // what it counts
}

func (n number) String() string {
	if n.to == nil || *n.to == 0 {
		return "" // no default to be shown
	}
	return strconv.Itoa(*n.to)
}

func (n number) Set(text string) error {
	value, err := strconv.Atoi(text)
	if err != nil || value < n.low || value > n.high {
		return n.wrong()
	}
	*n.to = value
	return nil
}

func (n number) Type() string { return "number" }

func (n number) wrong() error { return fmt.Errorf("want %d to %d %s", n.low, n.high, n.things) }

// outputFile is a flag for the name of a file that is to be written.
type outputFile struct {
	to      *string
	what    string // "a file"
	instead string // what else there is for who wants none, after the rest of an error
}

// newFile is one for records, which must not be there yet: whoever makes it says so.
func newFile(to *string) outputFile {
	return outputFile{to, "a new file", "; leave -o out where no records are to be kept, --json prints them on standard output"}
}

// reportFile is one for people or other tools, which is replaced if it is there.
func reportFile(to *string) outputFile { return outputFile{to: to, what: "a file"} }

func (f outputFile) String() string {
	if f.to == nil {
		return ""
	}
	return *f.to
}

func (f outputFile) Set(name string) error {
	want := "want the name of " + f.what
	if name == "-" {
		return errors.New(want + f.instead + " (./- is a file of that name)")
	}
	info, err := os.Stat(name)
	switch {
	case err != nil: // not there, or whoever makes it says why not
	case info.IsDir():
		return errors.New("it is a folder, " + want + ", such as one in it")
	case !info.Mode().IsRegular():
		return errors.New("it is no file, " + want + f.instead)
	}
	*f.to = name
	return nil
}

func (f outputFile) Type() string { return "string" }

// cpuList is a flag for CPUs as taskset has them: 0,2-5.
type cpuList struct{ to *[]int }

func (l cpuList) String() string {
	if l.to == nil {
		return ""
	}
	texts := make([]string, len(*l.to))
	for i, cpu := range *l.to {
		texts[i] = strconv.Itoa(cpu)
	}
	return strings.Join(texts, ",")
}

func (l cpuList) Set(text string) error {
	cpus, err := host.ParseCPUs(text)
	*l.to = append(*l.to, cpus...)
	return err
}

func (l cpuList) Type() string { return "list" }
