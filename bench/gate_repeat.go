package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"tunbench/results"
)

// name is the program in words: of this program with the commit that it was built from.
func (b build) name(h results.Host) string {
	if b.variant.Binary.Path != "" {
		return b.label
	}
	return strings.TrimSuffix(fmt.Sprintf("%s (%s)", b.label, strings.TrimSpace(h.Version+" "+h.Commit)), " ()")
}

// asked keeps what the flags and words of a gate say that decides about its figures: not where they go, and not the two programs.
func (o *gateOptions) asked(flags *pflag.FlagSet, words []string) {
	aside := []string{"baseline", "candidate", "output", "markdown", "junit", "json", "quiet"}
	flags.Visit(func(f *pflag.Flag) {
		if !slices.Contains(aside, f.Name) {
			o.words = append(o.words, "--"+f.Name+"="+f.Value.String())
		}
	})
	o.words = append(o.words, words...)
}

// repeat is the words that compare the same programs again, in a clone of the repository. A program of uncommitted changes is gone: what
// stands for it is the folder that it was built from.
func (o *gateOptions) repeat(baseline, candidate build, h results.Host) []string {
	again := func(b build) string {
		switch {
		case b.word != "":
			return b.word
		case h.Commit == "" || strings.HasSuffix(h.Commit, "+dirty"):
			return "."
		}
		return "git:" + h.Commit
	}
	return append([]string{"gate", "--baseline", again(baseline), "--candidate", again(candidate)}, o.words...)
}
