package guest

import (
	"fmt"
	"regexp"
	"strings"
)

// Pattern names a Debian kernel: [SUITE:]VERSION, where VERSION is a version from its first digits to a dot or its end ("6.1" is
// 6.1.192-3 and not 6.12), or a kernel release ("6.1.0-57-cloud-amd64").
type Pattern struct {
	Suite   string // empty: any
	Version string
}

// PatternError is a pattern that names no kernel.
type PatternError struct{ Text string }

// Error implements error.
func (e *PatternError) Error() string {
	return fmt.Sprintf("kernel %q: want a version such as 6.1 or trixie-backports:7.3, or --kernel FILE --modules DIR", e.Text)
}

var (
	suitePattern   = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	versionPattern = regexp.MustCompile(`^[0-9]+\.[0-9][A-Za-z0-9.+~-]*$`)
)

// ParsePattern reads a pattern, or returns a *PatternError.
func ParsePattern(text string) (Pattern, error) {
	suite, version, both := strings.Cut(text, ":")
	if !both {
		suite, version = "", text
	}
	if both && !suitePattern.MatchString(suite) || !versionPattern.MatchString(version) {
		return Pattern{}, &PatternError{text}
	}
	return Pattern{Suite: suite, Version: version}, nil
}

// ParsePatterns reads patterns that commas part; each must be there once.
func ParsePatterns(list string) ([]Pattern, error) {
	var patterns []Pattern
	seen := map[Pattern]bool{}
	for text := range strings.SplitSeq(list, ",") {
		p, err := ParsePattern(strings.TrimSpace(text))
		if err != nil {
			return nil, err
		}
		if !seen[p] {
			patterns = append(patterns, p)
		}
		seen[p] = true
	}
	return patterns, nil
}

// String is the text that ParsePattern reads.
func (p Pattern) String() string {
	if p.Suite == "" {
		return p.Version
	}
	return p.Suite + ":" + p.Version
}

// matches says whether the pattern means this package of this suite.
func (p Pattern) matches(k kernelPackage) bool {
	if p.Suite != "" && p.Suite != k.Suite {
		return false
	}
	if k.release == p.Version || k.Version == p.Version {
		return true
	}
	rest, begins := strings.CutPrefix(k.Version, p.Version)
	return begins && strings.ContainsRune(".-+~", rune(rest[0]))
}
