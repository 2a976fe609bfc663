package main

import "testing"

func TestTerminalOf(t *testing.T) {
	for _, tc := range []struct {
		term, noColor string
		want          terminal
	}{
		{"xterm-256color", "", terminal{}},
		{"xterm", "1", terminal{noColor: true}},
		{"xterm", "0", terminal{noColor: true}},
		{"dumb", "", terminal{noColor: true, dumb: true}},
		{"", "", terminal{noColor: true, dumb: true}},
	} {
		env := map[string]string{"TERM": tc.term, "NO_COLOR": tc.noColor}
		if got := terminalOf(func(name string) string { return env[name] }); got != tc.want {
			t.Errorf("TERM=%q NO_COLOR=%q: %+v, want %+v", tc.term, tc.noColor, got, tc.want)
		}
	}
}
