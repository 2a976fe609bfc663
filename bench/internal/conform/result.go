package conform

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"tunbench/bench/internal/scenario"
	"tunbench/offload/offloadtest"
)

// Outcome is what came of a case.
type Outcome string

// The outcomes.
const (
	Passed        Outcome = "pass"
	Failed        Outcome = "fail"
	NotApplicable Outcome = "n/a"
)

// Result is what came of a case on a setting.
type Result struct {
	Setting string             `json:"setting"`
	Case    string             `json:"case"`
	Outcome Outcome            `json:"outcome"`
	Again   Outcome            `json:"again,omitempty"`   // of a second run, in a scene of its own, of what failed
	Finding offloadtest.Kind   `json:"finding,omitempty"` // what failed: the first of all
	Reason  string             `json:"reason,omitempty"`  // why it failed or does not apply
	Packet  string             `json:"packet,omitempty"`  // with which something is wrong, as on a wire, in hexadecimal
	Decoded string             `json:"decoded,omitempty"` // the same in words
	Figures map[string]float64 `json:"figures,omitempty"`
	Seconds float64            `json:"duration_s"`
}

// fail takes over the first finding of an error.
func (r *Result) fail(err error, s scenario.Scenario) {
	r.Outcome, r.Reason = Failed, err.Error()
	finding := (*offloadtest.Finding)(nil)
	if !errors.As(err, &finding) {
		return
	}
	r.Finding, r.Reason = finding.Kind, finding.Why
	if len(finding.Packet) > 0 {
		r.Packet = hex.EncodeToString(finding.Packet)
		r.Decoded = decode(finding.Packet, s.CarriesEthernet())
	}
}

// caseSchema is the version of the records.
const caseSchema = 1

// WriteJSON writes the result as one line.
func (r Result) WriteJSON(w io.Writer) error {
	line, err := json.Marshal(struct {
		Schema int    `json:"schema"`
		Kind   string `json:"kind"`
		Result
	}{caseSchema, "case", r})
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("print result: %w", err)
	}
	return nil
}
