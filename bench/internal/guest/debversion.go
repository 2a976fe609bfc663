package guest

import (
	"cmp"
	"strings"
)

// compareVersions orders two versions of a Debian package as dpkg does (deb-version(7)): "~" sorts before the end, letters before
// other characters, runs of digits as numbers.
func compareVersions(a, b string) int {
	aEpoch, a := cutEpoch(a)
	bEpoch, b := cutEpoch(b)
	if c := comparePart(aEpoch, bEpoch); c != 0 {
		return c
	}
	aUpstream, aRevision := cutRevision(a)
	bUpstream, bRevision := cutRevision(b)
	return cmp.Or(comparePart(aUpstream, bUpstream), comparePart(aRevision, bRevision))
}

func cutEpoch(v string) (epoch, rest string) {
	if epoch, rest, has := strings.Cut(v, ":"); has {
		return epoch, rest
	}
	return "0", v
}

func cutRevision(v string) (upstream, revision string) {
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		return v[:i], v[i+1:]
	}
	return v, ""
}

func comparePart(a, b string) int {
	for a != "" || b != "" {
		var aText, bText, aNumber, bNumber string
		aText, a = span(a, false)
		bText, b = span(b, false)
		if c := compareText(aText, bText); c != 0 {
			return c
		}
		aNumber, a = span(a, true)
		bNumber, b = span(b, true)
		aNumber, bNumber = strings.TrimLeft(aNumber, "0"), strings.TrimLeft(bNumber, "0")
		if c := cmp.Or(cmp.Compare(len(aNumber), len(bNumber)), cmp.Compare(aNumber, bNumber)); c != 0 {
			return c
		}
	}
	return 0
}

// span cuts the leading run of digits, or of anything else.
func span(s string, digits bool) (run, rest string) {
	i := 0
	for i < len(s) && isDigit(s[i]) == digits {
		i++
	}
	return s[:i], s[i:]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func compareText(a, b string) int {
	for i := range max(len(a), len(b)) {
		if c := cmp.Compare(weight(a, i), weight(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func weight(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	case s[i] >= 'A' && s[i] <= 'Z', s[i] >= 'a' && s[i] <= 'z':
		return int(s[i])
	}
	return int(s[i]) + 256
}
