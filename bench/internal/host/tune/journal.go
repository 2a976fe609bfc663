package tune

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

const (
	journalKind   = "tunbench tune"
	journalSchema = 1
)

// Journal is what tune is about to change, or changed. It is written before the first change.
type Journal struct {
	Kind    string    `json:"kind"`
	Schema  int       `json:"schema"`
	Boot    string    `json:"boot_id"` // of the kernel: no setting outlives it
	Time    time.Time `json:"time"`    // of the first tune
	Changes []Change  `json:"changes"` // in the order in which they are made
}

// Change is one value of a File or a Process.
type Change struct {
	Knob    string   `json:"knob"`
	File    string   `json:"file,omitempty"` // relative to the root
	Process *Process `json:"process,omitempty"`
	Was     string   `json:"was"`
	Set     string   `json:"set"`
	Tied    []Value  `json:"tied,omitempty"` // what the kernel may lose by the change

	// Made says that the change was made and that Then of every tied value is known; Undoing, that Value of every tied value is what it
	// must be when the change is undone.
	Made    bool `json:"made,omitempty"`
	Undoing bool `json:"undoing,omitempty"`
}

// Value is the content of a file.
type Value struct {
	File  string  `json:"file"` // relative to the root
	Value string  `json:"value"`
	Then  *string `json:"then,omitempty"` // what the kernel made of it by the change; nil: nothing, the file went
}

// Place is where the change is made, in words.
func (c Change) Place() string {
	if c.Process != nil {
		return fmt.Sprintf("process %d", c.Process.PID)
	}
	return "/" + c.File
}

// same says whether both are about the same place.
func (c Change) same(other Change) bool {
	if c.Process != nil && other.Process != nil {
		return *c.Process == *other.Process
	}
	return c.Process == nil && other.Process == nil && c.File == other.File
}

// place is where the change is made.
func (c Change) place(m host.Machine) place {
	if c.Process != nil {
		return process{m, *c.Process}
	}
	k, _ := knob(c.Knob)
	return file{m, c.File, k.value}
}

// JournalError says that the file at Path is not a journal that a reset can go by.
type JournalError struct {
	Path string
	Why  string
}

func (e *JournalError) Error() string {
	return fmt.Sprintf("journal %s: %s: nothing was changed; set by hand what it names, then remove it", e.Path, e.Why)
}

// longestJournal is far more than all knobs of the largest machine take.
const longestJournal = 16 << 20

// readJournal returns the journal, nil if there is none, or a *JournalError.
func readJournal(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, nil
	case errors.Is(err, unix.ELOOP):
		return nil, &JournalError{path, "it is a link"}
	case err != nil:
		return nil, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, &JournalError{path, "it is no file"}
	}
	text, err := io.ReadAll(io.LimitReader(f, longestJournal))
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	var j Journal
	if err := json.Unmarshal(text, &j); err != nil {
		return nil, &JournalError{path, fmt.Sprintf("it is torn or no journal (%v)", err)}
	}
	if why := j.wrong(); why != "" {
		return nil, &JournalError{path, why}
	}
	return &j, nil
}

// wrong says what keeps a reset from going by the journal: it must not be led to write anywhere else.
func (j *Journal) wrong() string {
	switch {
	case j.Kind != journalKind:
		return "another program wrote it"
	case j.Schema > journalSchema:
		return fmt.Sprintf("a newer tunbench wrote it (schema %d, this one knows %d): use that one", j.Schema, journalSchema)
	}
	for _, c := range j.Changes {
		k, known := knob(c.Knob)
		switch {
		case !known:
			return fmt.Sprintf("it names a knob %q that this tunbench does not have", c.Knob)
		case c.Process == nil && !k.turns(c.File):
			return fmt.Sprintf("%q is no file of %s", c.File, k.Name)
		case c.Process != nil && (k.process == "" || c.Process.Name != k.process || c.Process.PID <= 1):
			return fmt.Sprintf("process %d %q is none of %s", c.Process.PID, c.Process.Name, k.Name)
		}
		for _, v := range c.Tied {
			if !k.ties(v.File) {
				return fmt.Sprintf("%q is no file of %s", v.File, k.Name)
			}
		}
	}
	return ""
}

// newSuffix is that of a journal that is not yet whole.
const newSuffix = ".new"

// write puts the journal on the disk, whole or not at all.
func (j *Journal) write(path string) error {
	text, err := json.MarshalIndent(j, "", "  ")
	if err == nil {
		err = writeSynced(path+newSuffix, append(text, '\n'))
	}
	if err == nil {
		err = os.Rename(path+newSuffix, path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}

func writeSynced(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeJournal removes it, and what a killed tune had of one.
func removeJournal(path string) error {
	for _, name := range []string{path + newSuffix, path} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove journal: %w", err)
		}
	}
	return syncFolder(filepath.Dir(path))
}
