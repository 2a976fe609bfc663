package main

// terminal is what the user's environment says about terminals.
type terminal struct {
	noColor bool // no colour and no emphasis
	dumb    bool // it cannot even erase a line
}

// terminalOf reads NO_COLOR, which means something unless it is empty (https://no-color.org), and TERM, which names no terminal that
// understands escape sequences where it is empty or dumb (terminfo's word for those that cannot).
func terminalOf(env func(string) string) terminal {
	dumb := env("TERM") == "" || env("TERM") == "dumb"
	return terminal{dumb: dumb, noColor: dumb || env("NO_COLOR") != ""}
}
