package doctor

import "fmt"

// State is the outcome of a Check.
type State string

// The states of a check.
const (
	OK       State = "ok"       // there, and as a measurement wants it
	Missing  State = "missing"  // this host or user cannot do it
	Distorts State = "distorts" // it changes what is measured
	Unknown  State = "unknown"  // could not be checked; Found says why
)

// Check is what one feature or property of this host was found to be, and what that
// does to a measurement.
type Check struct {
	Name    string `json:"name"`
	State   State  `json:"state"`
	Found   string `json:"found"`             // what was read or tried, with units
	Meaning string `json:"meaning,omitempty"` // what that does to a measurement
	Remedy  string `json:"remedy,omitempty"`  // what to do about it; empty when nothing can be done
}

func ok(name, found string) Check {
	return Check{Name: name, State: OK, Found: found}
}

func missing(name, found, meaning, remedy string) Check {
	return Check{Name: name, State: Missing, Found: found, Meaning: meaning, Remedy: remedy}
}

func distorts(name, found, meaning, remedy string) Check {
	return Check{Name: name, State: Distorts, Found: found, Meaning: meaning, Remedy: remedy}
}

func unknown(name, format string, args ...any) Check {
	return Check{Name: name, State: Unknown, Found: fmt.Sprintf(format, args...)}
}
