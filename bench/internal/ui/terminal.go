package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// defaultWidth is what a terminal has whose width cannot be asked for.
const defaultWidth = 80

// IsTerminal reports whether w is a file that is a terminal.
func IsTerminal(w io.Writer) bool {
	file, isFile := w.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

// Width is the number of columns of the terminal w, and 80 for anything else.
func Width(w io.Writer) int {
	if file, isFile := w.(*os.File); isFile {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return defaultWidth
}
