package forward

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// silent is a child that hears and never answers.
type silent struct{ net.Conn }

func (silent) Write(b []byte) (int, error) { return len(b), nil }
func (silent) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
}
func (silent) SetDeadline(time.Time) error { return nil }

// TestSilentChild: what it was waited for is named, not only that a socket has timed out.
func TestSilentChild(t *testing.T) {
	client := NewClient(silent{})
	_, statsErr := client.Stats()
	for awaited, err := range map[string]error{"open its devices and begin to forward": client.Start(Options{}), "send its counters": statsErr} {
		if !errors.Is(err, os.ErrDeadlineExceeded) || !strings.Contains(err.Error(), "it did not "+awaited+" within "+answerPatience.String()) {
			t.Errorf("%v, want word of %q", err, awaited)
		}
	}
}
