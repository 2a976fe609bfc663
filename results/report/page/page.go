package page

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"tunbench/results"
	"tunbench/results/report"
	"tunbench/results/report/chart"
)

// Write writes a page of one result file, or of several in comparison with the first; a merged file stands alone. Nothing is written unless the whole page could be made.
func Write(w io.Writer, files ...*results.File) error {
	if len(files) == 0 {
		return errors.New("make page: no result file")
	}
	b := &builder{svg: chart.NewWriter(), files: files}
	if i := slices.IndexFunc(files, func(f *results.File) bool { return f.Merge != nil }); i >= 0 {
		if len(files) > 1 {
			return fmt.Errorf("make page: file %d is merged of several machines, which cannot be compared with other files as one: give it alone", i+1)
		}
		if err := b.merged(files[0]); err != nil {
			return fmt.Errorf("make page: %w", err)
		}
		return b.write(w)
	}
	for _, section := range []func() error{
		b.bisects, b.gates, b.filesCompared, b.comparisons, b.sweeps, b.trials, b.searches, b.soaks, b.bursts, b.calibrations, b.hosts,
	} {
		if err := section(); err != nil {
			return fmt.Errorf("make page: %w", err)
		}
	}
	if err := b.head(); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	return b.write(w)
}

// write writes the page as a whole.
func (b *builder) write(w io.Writer) error {
	var out bytes.Buffer
	if err := execute(&out, b.doc); err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// builder makes the sections of a page one after the other.
type builder struct {
	svg     chart.Writer
	files   []*results.File
	doc     document
	figures int // so far, for their identifiers
}

// several says whether files are compared.
func (b *builder) several() bool { return len(b.files) > 1 }

// number is what marks the things of a file among those of others; empty where there is one file.
func (b *builder) number(file int) string {
	if !b.several() {
		return ""
	}
	return fmt.Sprint(file + 1)
}

// head fills in what stands above the sections.
func (b *builder) head() error {
	b.doc.Title = "tunbench: " + b.subject()
	for i, f := range b.files {
		b.doc.Files = append(b.doc.Files, fileLine{Number: b.number(i), Class: fileClass(i), Host: report.Fingerprint(f.Host)})
		warnings, err := report.Warnings(f)
		if err != nil {
			return err
		}
		for _, text := range warnings {
			b.doc.Warnings = append(b.doc.Warnings, withNumber(b.number(i), text))
		}
	}
	b.doc.Warnings = append(b.hostWarnings(), b.doc.Warnings...)
	b.doc.Verdict = b.verdict()
	if len(b.doc.Sections) == 1 { // the host alone
		b.doc.Empty = "The file holds no trials."
	}
	return nil
}

// withNumber sets the number of a file before a text about it.
func withNumber(number, text string) string {
	if number == "" {
		return text
	}
	return "file " + number + ": " + text
}

// fileClass is the color of a file's marks.
func fileClass(file int) string { return fmt.Sprintf("s%d", file%8) }
