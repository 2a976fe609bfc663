package guest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// otherSuites are the Debian suites whose kernels are worth trying beside those of the machine's own.
var otherSuites = []string{"bullseye", "bookworm", "trixie", "trixie-backports"}

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// source is a place that apt takes packages from.
type source struct{ uri, suite, component string }

// indexFormat makes apt-get indextargets print what parseSources reads.
const indexFormat = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)"

// parseSources reads the machine's own sources, as apt lists them, each once.
func parseSources(listing string) (sources []source) {
	for line := range strings.Lines(listing) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 3 {
			continue
		}
		if s := (source{f[0], f[1], f[2]}); !slices.Contains(sources, s) {
			sources = append(sources, s)
		}
	}
	return sources
}

var errNoMirror = errors.New("apt knows no mirror of this machine's own Debian suite")

// sourcesList is a sources.list(5) with the machine's own suites and the others from the same mirror. The codename is the
// machine's, as VERSION_CODENAME in os-release(5) has it.
func sourcesList(own []source, codename string) (string, error) {
	var b strings.Builder
	mirror := ""
	listed := map[string]bool{}
	for _, s := range own {
		suite, _, _ := strings.Cut(s.suite, "/")
		if codename == "" || s.component != "main" || suite != codename && !strings.HasPrefix(suite, codename+"-") {
			continue
		}
		if s.suite == codename {
			mirror = s.uri
		}
		listed[s.suite] = true
		writeSource(&b, s.uri, s.suite)
	}
	if mirror == "" {
		return "", errNoMirror
	}
	for _, suite := range otherSuites {
		if !listed[suite] {
			writeSource(&b, mirror, suite)
		}
	}
	return b.String(), nil
}

func writeSource(b *strings.Builder, uri, suite string) {
	fmt.Fprintf(b, "deb [arch=amd64 signed-by=%s] %s %s main\n", keyring, uri, suite)
}

// osRelease is one field of an os-release(5) file.
func osRelease(file, field string) string {
	for line := range strings.Lines(file) {
		if value, has := strings.CutPrefix(strings.TrimSpace(line), field+"="); has {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}
