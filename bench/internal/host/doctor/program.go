package doctor

import (
	"errors"
	"strings"

	"tunbench/bench/internal/host"
)

// Program is a program of others that a measurement may ask for.
type Program struct {
	Name    string
	Meaning string // what a measurement does without it
	Remedy  string // the package or command that installs it
	Find    func() (version string, err error)
}

func (p Program) check() Check {
	switch version, err := p.Find(); {
	case err == nil:
		return ok(p.Name, version)
	default:
		return missing(p.Name, lacks(err), p.Meaning, p.Remedy)
	}
}

// lacks is what an error says is not there, without the remedy that stands in a line of its own.
func lacks(err error) string {
	if unfit := (*host.Unfit)(nil); errors.As(err, &unfit) {
		return "no " + strings.TrimPrefix(unfit.Missing, "the ")
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
