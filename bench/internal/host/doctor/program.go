package doctor

import "errors"

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
		return missing(p.Name, innermost(err).Error(), p.Meaning, p.Remedy)
	}
}

// innermost is the error at the end of a chain: what was wrapped around it says the same as Meaning and Remedy.
func innermost(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
