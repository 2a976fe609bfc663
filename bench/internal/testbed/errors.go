package testbed

import (
	"errors"
	"fmt"
)

// ErrUnsettled means that packets were still moving when Settle or AtRest ran out
// of time.
var ErrUnsettled = errors.New("counters still move")

// ErrNameTaken means that a namespace which Up would create is there already and
// belongs to a live process: usually another Testbed of this process.
var ErrNameTaken = errors.New("network namespace exists and is in use")

// ConfigError names the field of a Config that cannot be used as it is.
type ConfigError struct {
	Field string // name of the field in Config
	Value string // what it holds
	Want  string // what is allowed
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("testbed %s %q: want %s", e.Field, e.Value, e.Want)
}

// UnsupportedError means that this kernel lacks something a Config asks for.
type UnsupportedError struct {
	Feature string // for example "qdisc fq_codel"
	Err     error  // what the kernel answered
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("this kernel has no %s: %v", e.Feature, e.Err)
}

// Unwrap returns the kernel's answer.
func (e *UnsupportedError) Unwrap() error { return e.Err }
