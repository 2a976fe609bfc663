package campaign

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// PlanSchema is the version of the plan files that this package writes and the newest it can read.
const PlanSchema = 1

// hashBytes is how much of the SHA-256 of a plan names it.
const hashBytes = 6

// PlanFile is a plan together with what its file says about it.
type PlanFile struct {
	Plan    Plan
	Shards  int       // machines that it is for; 0 is not said
	Written time.Time // when the file was written; UTC
}

// planFileJSON is how it is written. What is not of the plan itself does not change the plan's hash.
type planFileJSON struct {
	PlanSchema int       `json:"plan_schema"`
	Written    time.Time `json:"written,omitzero"`
	Shards     int       `json:"shards,omitempty"`
	planJSON
}

// Hash names a plan: the first 12 hexadecimal digits of the SHA-256 of its JSON, which is the same on all machines.
func Hash(p Plan) (string, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:hashBytes]), nil
}

// MarshalJSON implements [json.Marshaler].
func (f PlanFile) MarshalJSON() ([]byte, error) {
	plan, err := f.Plan.json()
	if err != nil {
		return nil, err
	}
	return json.Marshal(planFileJSON{PlanSchema: PlanSchema, Written: f.Written, Shards: f.Shards, planJSON: plan})
}

// Text is the file: indented JSON, for people to read and to edit.
func (f PlanFile) Text() ([]byte, error) {
	text, err := json.MarshalIndent(f, "", "  ")
	return append(text, '\n'), err
}

// ReadPlan reads a plan file; see [ParsePlan].
func ReadPlan(path string) (PlanFile, error) {
	text, err := os.ReadFile(path)
	if err == nil {
		var f PlanFile
		if f, err = ParsePlan(text); err == nil {
			return f, nil
		}
	}
	return PlanFile{}, usage("plan %s: %w", path, err)
}

// ParsePlan reads the text of a plan file and declares the plan's programs. A field that is not known, a plan of a newer version and one that
// cannot be measured are errors.
func ParsePlan(text []byte) (PlanFile, error) {
	if err := CheckPlanSchema(text); err != nil {
		return PlanFile{}, err
	}
	var read planFileJSON
	if err := strictly(text, &read); err != nil {
		return PlanFile{}, fmt.Errorf("read plan: %w", err)
	}
	if read.Shards < 0 || read.Shards > MaxShards {
		return PlanFile{}, fmt.Errorf("shards: %d: want 1 to %d machines", read.Shards, MaxShards)
	}
	f := PlanFile{Shards: read.Shards, Written: read.Written}
	if err := f.Plan.take(read.planJSON); err != nil {
		return PlanFile{}, err
	}
	return f, f.Plan.check()
}

// CheckPlanSchema returns an error if a text is not a plan, or one of a version that this program cannot read.
func CheckPlanSchema(text []byte) error {
	var h struct {
		PlanSchema *int    `json:"plan_schema"`
		Record     *string `json:"record"`
	}
	err := json.Unmarshal(text, &h)
	switch {
	case h.Record != nil:
		return errors.New("it is a result file, want a plan as --plan-out writes it")
	case err != nil:
		return fmt.Errorf("it is not a plan as --plan-out writes it: %w", err)
	case h.PlanSchema == nil || *h.PlanSchema < 1:
		return errors.New("it is not a plan as --plan-out writes it: it has no plan_schema")
	case *h.PlanSchema > PlanSchema:
		return fmt.Errorf("plan of version %d, newer than %d: use a newer tunbench", *h.PlanSchema, PlanSchema)
	}
	return nil
}

// strictly decodes the only JSON value of a text; a field that is not known, perhaps a slip of who edited it, is an error.
func strictly(text []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("something stands behind its end")
	}
	return nil
}
