package scenario

import "strings"

// UsageError says which word of the user cannot be understood or obeyed, and what is allowed instead. It leads to
// exit code 2.
type UsageError struct {
	Word    string // as typed
	Reason  string
	Allowed string // what would have been; may be empty
}

// Error implements error: "size=20: below the 44 bytes of …; allowed: 44..1500".
func (e *UsageError) Error() string {
	text := e.Word + ": " + e.Reason
	if e.Allowed != "" {
		text += "; allowed: " + e.Allowed
	}
	return text
}

// unknown is the error for a name that is none of the candidates. It suggests the nearest if it may be a slip of the hand.
func unknown(word, name, what string, candidates []string) *UsageError {
	reason := "no such " + what
	if near := nearest(name, candidates); near != "" {
		reason += ", did you mean " + near + "?"
	}
	return &UsageError{Word: word, Reason: reason, Allowed: strings.Join(candidates, ", ")}
}

// nearest is the candidate with the fewest edits, if those are fewer than half of its letters.
func nearest(name string, candidates []string) string {
	best, least := "", 0
	for _, c := range candidates {
		d := distance(name, c)
		if 2*d < len(c) && (best == "" || d < least) {
			best, least = c, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace (Levenshtein) to get from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

func keyNames() []string {
	names := make([]string, len(keys), len(keys)+1)
	for i, k := range keys {
		names[i] = k.name
	}
	return append(names, SysctlPrefix+"NAME")
}
