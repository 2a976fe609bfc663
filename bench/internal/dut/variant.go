package dut

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Variant is which build of our forwarder, or of a program of others, is under test, and
// how. Its zero value is the program as it is.
type Variant struct {
	Binary   Binary  `json:"binary,omitzero"`    // of our forwarder
	Copy     Copy    `json:"copy,omitzero"`      // of a program of others
	Handicap float64 `json:"handicap,omitempty"` // share of the workers' CPU that is wasted, see forward.Options
}

// IsZero says whether nothing is asked for.
func (v Variant) IsZero() bool { return v == Variant{} }

// String is what a record says of it, "" of the zero value.
func (v Variant) String() string {
	var parts []string
	if v.Binary != (Binary{}) {
		parts = append(parts, v.Binary.String())
	}
	if v.Copy != (Copy{}) {
		parts = append(parts, v.Copy.Label)
	}
	if v.Handicap > 0 {
		parts = append(parts, "handicap "+strconv.FormatFloat(100*v.Handicap, 'g', 3, 64)+" %")
	}
	return strings.Join(parts, ", ")
}

// Binary is another build of tunbench.
type Binary struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`          // of its contents, in hexadecimal
	Label  string `json:"label,omitempty"` // where it is from, where that says more than the path of a temporary file; may be empty
}

// Copy is another copy of the folder in which a program file lies, built.
type Copy struct {
	Folder string `json:"folder"`
	Label  string `json:"label"` // where it is from: a revision
}

// FindBinary looks at the program at path.
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
