package process

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
)

// Tail keeps the last bytes written to it, and notices a text. It is for any goroutine.
type Tail struct {
	Keep int    // bytes
	Want string // a text to be noticed; "" is none

	mu   sync.Mutex
	buf  []byte
	seen bool // the text
}

// Write takes what was printed.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if t.Want != "" && !t.seen {
		t.seen = bytes.Contains(t.buf, []byte(t.Want))
	}
	if cut := len(t.buf) - t.Keep; cut > 0 {
		t.buf = append(t.buf[:0], t.buf[cut:]...)
	}
	return len(p), nil
}

// String is what is kept, without the space around it.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.buf))
}

// Saw says whether the text was written.
func (t *Tail) Saw() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seen
}

// saidBytes is as much of a program's last words as an error repeats.
const saidBytes = 1000

// Said is the end of a text, or of a Go program that crashed the message before its stacks, fit to be shown: what is no printable character is
// escaped, for a terminal would obey it.
func Said(text string) string {
	text = strings.TrimSpace(text)
	for _, crash := range []string{"panic: ", "fatal error: "} {
		if i := strings.LastIndex("\n"+text, "\n"+crash); i >= 0 && len(text)-i > saidBytes {
			text = text[i:][:saidBytes] + "…"
		}
	}
	if cut := len(text) - saidBytes - len("…"); cut > 0 {
		text = "…" + strings.ToValidUTF8(text[cut:], "")
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		quoted := strconv.QuoteToGraphic(strings.TrimRight(line, "\r"))
		lines[i] = strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
	}
	return strings.Join(lines, "\n")
}
