package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/ui"
	"tunbench/results"
)

// build is one of the two programs that a gate compares.
type build struct {
	label   string
	word    string // what asks for it again
	variant dut.Variant
}

// workshop returns the workshop of the session, which is closed at its end. It shows a progress while it builds,
// which takes minutes if nothing is cached.
func (s *session) workshop() *program.Workshop {
	shop := program.NewWorkshop(".")
	s.atEnd = append(s.atEnd, shop.Close)
	shop.Building = func(what string) func() {
		progress := s.Progress(ui.Unknown)
		progress.Step("build " + what + " (minutes where nothing is cached)")
		return progress.Done
	}
	return shop
}

// programOf is the program of others that a scenario has under test; nil if it has none.
func (s *session) programOf(sc scenario.Scenario) *program.File {
	i := slices.IndexFunc(s.options.Programs, func(f *program.File) bool { return f.Name == string(sc.DUT) })
	if i < 0 {
		return nil
	}
	return s.options.Programs[i]
}

// builds finds or makes the two builds: of the program that file describes, or of our forwarder if file is nil.
func (s *session) builds(file *program.File, baseline, candidate string) (a, b build, err error) {
	shop := s.workshop()
	if a, err = s.buildOf(shop, file, baseline); err != nil || candidate == baseline {
		return a, a, err
	}
	b, err = s.buildOf(shop, file, candidate)
	return a, b, err
}

func (s *session) buildOf(shop *program.Workshop, file *program.File, word string) (build, error) {
	if file != nil {
		copied, err := shop.Copy(s.ctx, file, word)
		if errors.Is(err, program.ErrNotFound) {
			err = &UsageError{err}
		}
		return build{label: copied.Label, word: copied.Word, variant: dut.Variant{Copy: dut.Copy{Folder: copied.Folder, Label: copied.Label}}}, err
	}
	found, err := shop.Program(s.ctx, word)
	if errors.Is(err, program.ErrNotFound) {
		return build{}, &UsageError{err}
	}
	if err != nil || found.Path == "" {
		return build{label: found.Label}, err
	}
	binary, err := dut.FindBinary(found.Path)
	if err != nil && !found.Built {
		return build{}, usage("%s: %w: want a tunbench binary, the folder of its source, or git:REV", word, err)
	}
	if found.Built {
		binary.Label = found.Label
	}
	return build{label: found.Label, word: found.Word, variant: dut.Variant{Binary: binary}}, err
}

// same reports whether two builds are the same program, wherever they are from.
func (b build) same(other build) bool {
	return b.variant.Binary.SHA256 == other.variant.Binary.SHA256 && b.variant.Copy == other.variant.Copy && b.variant.Handicap == other.variant.Handicap
}

// name is the build in words; the name of the running program has the commit that it was built from.
func (b build) name(h results.Host) string {
	if b.variant.Binary.Path != "" || b.variant.Copy.Folder != "" {
		return b.label
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s)", b.label, strings.TrimSpace(h.Version+" "+h.Commit)), " ()")
}

// again is the word that asks for the same build on another day, in a clone of the repository. A build with
// uncommitted changes cannot be repeated: its word is the folder that it was built from.
func (b build) again(h results.Host) string {
	switch {
	case b.word != "":
		return b.word
	case h.Commit == "" || strings.HasSuffix(h.Commit, "+dirty"):
		return "."
	}
	return "git:" + h.Commit
}
