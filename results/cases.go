package results

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// Case is what came of one case of tunbench check on one setting, as a line of its --json.
type Case struct {
	Setting   string  `json:"setting"`
	Case      string  `json:"case"`
	Outcome   string  `json:"outcome"` // pass, fail or n/a
	Again     string  `json:"again,omitempty"`
	Finding   string  `json:"finding,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	Decoded   string  `json:"decoded,omitempty"`
	DurationS float64 `json:"duration_s"`
}

// casesSchema is the newest version of the lines of tunbench check --json that this package reads.
const casesSchema = 1

// ErrNoCases is a file whose first line is no case of tunbench check.
var ErrNoCases = errors.New("not the output of tunbench check --json")

// ReadCases reads a file of tunbench check --json by its path. The error is [ErrNoCases] if it begins otherwise, a [*LineError] if a later line is not a case,
// and around a [*SchemaError] if one comes from a newer tunbench.
func ReadCases(path string) ([]Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open result file: %w", err)
	}
	defer f.Close()
	cases, err := readCases(f)
	if err != nil {
		return nil, fmt.Errorf("read result file %s: %w", path, err)
	}
	return cases, nil
}

func readCases(r io.Reader) (cases []Case, err error) {
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			if len(cases) == 0 {
				return nil, ErrNoCases
			}
			return cases, nil
		}
		if err != nil && err != io.EOF {
			return nil, fmt.Errorf("read line %d: %w", number, err)
		}
		c, err := decodeCase(line)
		switch {
		case err != nil && len(cases) == 0 && errors.Is(err, ErrNoCases):
			return nil, ErrNoCases
		case err != nil:
			return nil, &LineError{number, err}
		}
		cases = append(cases, c)
	}
}

func decodeCase(line []byte) (Case, error) {
	var c struct {
		Schema int    `json:"schema"`
		Kind   string `json:"kind"`
		Case
	}
	if err := json.Unmarshal(line, &c); err != nil || c.Kind != "case" || c.Schema < 1 {
		return Case{}, ErrNoCases
	}
	if c.Schema > casesSchema {
		return Case{}, fmt.Errorf("case of schema %d, newer than %d: read it with a newer tunbench", c.Schema, casesSchema)
	}
	return c.Case, nil
}
