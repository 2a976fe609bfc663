package tune

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// place is what a knob turns.
type place interface {
	// read returns the current value; an error that is os.ErrNotExist says that the place is not there any more.
	read() (string, error)
	// write sets a value and returns when it holds.
	write(value string) error
	// writable returns what would keep write from it, without a change: an error that is os.ErrPermission is about
	// the user, any other about the place.
	writable() error
	// change is the place in an entry of the journal.
	change() Change
}

// file is a setting in a file.
type file struct {
	machine host.Machine
	name    string // relative to the root
	value   func(text string) string
}

// errReadOnly says that the kernel lets nobody set this.
var errReadOnly = errors.New("read only in this kernel")

func (f file) read() (string, error) {
	text, err := f.machine.Read(f.name)
	if err != nil {
		return "", err
	}
	if f.value != nil {
		text = f.value(text)
	}
	return text, nil
}

func (f file) write(value string) error {
	opened, err := os.OpenFile(f.machine.Path(f.name), os.O_WRONLY|os.O_TRUNC, 0)
	if err == nil {
		_, err = opened.WriteString(value)
		err = errors.Join(err, opened.Close())
	}
	if err != nil {
		return fmt.Errorf("set %s to %s: %w", f.name, value, err)
	}
	got, err := f.read()
	if err != nil {
		return err
	}
	if got != value {
		return fmt.Errorf("set %s to %s: the kernel made %s of it", f.name, value, got)
	}
	return nil
}

func (f file) writable() error {
	info, err := os.Stat(f.machine.Path(f.name))
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o222 == 0 {
		return errReadOnly
	}
	opened, err := os.OpenFile(f.machine.Path(f.name), os.O_WRONLY, 0)
	if errors.Is(err, unix.EROFS) {
		return fmt.Errorf("%w: %w", os.ErrPermission, err)
	}
	if err != nil {
		return err
	}
	return opened.Close()
}

func (f file) change() Change { return Change{File: f.name} }

// places finds what the knob turns on a machine.
func (k Knob) places(m host.Machine) []place {
	var all []place
	for _, name := range find(m, k.patterns) {
		all = append(all, file{m, name, k.value})
	}
	if k.process != "" {
		all = append(all, processes(m, k.process)...)
	}
	return all
}

// tiedTo reads the values that the kernel may lose when the knob is turned at a file: those beside it, and those of
// all policies.
func (k Knob) tiedTo(m host.Machine, name string) []Value {
	var all []Value
	for _, tied := range find(m, k.tied) {
		policy, ofPolicy := strings.CutPrefix(filepath.Dir(name)+"/", cpufreq+"policy")
		if ofPolicy && strings.HasPrefix(tied, cpufreq+"policy") && !strings.HasPrefix(tied, cpufreq+"policy"+policy) {
			continue // of another policy
		}
		f := file{machine: m, name: tied}
		if value, err := f.read(); err == nil && f.writable() == nil {
			all = append(all, Value{File: tied, Value: value})
		}
	}
	return all
}

// find lists the files that patterns match, sorted, relative to the root.
func find(m host.Machine, patterns []string) []string {
	var names []string
	for _, pattern := range patterns {
		paths, _ := filepath.Glob(m.Path(pattern)) // the patterns are ours
		for _, path := range paths {
			if name, err := filepath.Rel(m.Root, path); err == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// chosen is the word in brackets of a list such as "always [madvise] never".
func chosen(list string) string {
	for word := range strings.FieldsSeq(list) {
		if inner, found := strings.CutPrefix(word, "["); found {
			return strings.TrimSuffix(inner, "]")
		}
	}
	return list
}
