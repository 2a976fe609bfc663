package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNoTerminal(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if IsTerminal(file) || IsTerminal(&bytes.Buffer{}) {
		t.Error("a file or a buffer counts as a terminal")
	}
	if got := Width(&bytes.Buffer{}); got != defaultWidth {
		t.Errorf("Width of a buffer = %d, want %d", got, defaultWidth)
	}
}

// TestTerminal draws on a pseudo terminal and reads back what arrived.
func TestTerminal(t *testing.T) {
	screen, terminal := openPTY(t)
	size := &unix.Winsize{Row: 24, Col: 50}
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, size); err != nil {
		t.Fatal(err)
	}
	if !IsTerminal(terminal) {
		t.Error("a pseudo terminal does not count as a terminal")
	}
	if got := Width(terminal); got != 50 {
		t.Errorf("Width = %d, want 50", got)
	}
	if NewProgress(terminal, 2, ProgressOptions{Quiet: true}) != nil {
		t.Error("quiet progress draws")
	}
	p := NewProgress(terminal, 2, ProgressOptions{NoColor: true})
	p.Step("dut=veth")
	p.Done()
	if err := terminal.Close(); err != nil {
		t.Fatal(err)
	}
	// Once the terminal is closed, a read past what it got ends with EIO.
	got, err := io.ReadAll(screen)
	if !errors.Is(err, unix.EIO) {
		t.Fatal(err)
	}
	if want := eraseLine + "[1/2] dut=veth" + eraseLine; string(got) != want {
		t.Errorf("the screen got %q, want %q", got, want)
	}
}

// openPTY opens a pair of pty(7): what is written to terminal is read from screen.
func openPTY(t *testing.T) (screen, terminal *os.File) {
	t.Helper()
	screen, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { screen.Close() })
	if err := unix.IoctlSetPointerInt(int(screen.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(screen.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return screen, terminal
}
