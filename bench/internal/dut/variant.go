package dut

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"

	"tunbench/results"
)

// Variant says which build of our forwarder, or of a program, is under test, and whether it is slowed down. The
// zero value is the running program itself, or the program as its file has it.
type Variant struct {
	Binary   Binary  `json:"binary,omitzero"`    // of our forwarder
	Copy     Copy    `json:"copy,omitzero"`      // of a program of others
	Handicap float64 `json:"handicap,omitempty"` // share of the workers' CPU that is wasted, see forward.Options
}

// IsZero reports whether the variant is the zero value.
func (v Variant) IsZero() bool { return v == Variant{} }

// String returns the variant in words, as records have it; "" for the zero value.
func (v Variant) String() string {
	var parts []string
	if v.Binary != (Binary{}) {
		parts = append(parts, v.Binary.String())
	}
	if v.Copy != (Copy{}) {
		parts = append(parts, v.Copy.Label)
	}
	if v.Handicap > 0 {
		parts = append(parts, results.HandicapWord+strconv.FormatFloat(100*v.Handicap, 'g', 3, 64)+" %")
	}
	return strings.Join(parts, ", ")
}

// Binary is another build of tunbench than the running one.
type Binary struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`          // of its contents, in hexadecimal
	Label  string `json:"label,omitempty"` // where it is from, where that says more than the path of a temporary file; may be empty
}

// Copy is a build of a program, made in a copy of the folder that its program file lies in.
type Copy struct {
	Folder string `json:"folder"`
	Label  string `json:"label"` // where it is from: a revision
}

// FindBinary reads the program at path; it fails if the file is not an executable.
func FindBinary(path string) (Binary, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Binary{}, fmt.Errorf("find binary: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return Binary{}, fmt.Errorf("find binary: %s is no program", path)
	}
	sum, err := sumOf(path)
	return Binary{Path: path, SHA256: sum}, err
}

// String names the program and its contents.
func (b Binary) String() string {
	return fmt.Sprintf("%s (sha256 %.12s)", cmp.Or(b.Label, b.Path), b.SHA256)
}
