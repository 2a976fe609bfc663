package results

import "strconv"

// Count writes a number of things, whose name is given for one of them: "1 trial", "3 trials".
func Count[N int | int64 | uint64](n N, thing string) string {
	text := strconv.FormatInt(int64(n), 10) + " " + thing
	if n == 1 {
		return text
	}
	return text + "s"
}
