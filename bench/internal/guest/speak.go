package guest

import (
	"errors"
	"io"
	"os"
	"os/exec"
)

// frameInput reads the standard input of a command from frames of the host. It ends where a frame was lost: what follows would make no sense.
type frameInput struct {
	frames *frameReader
	rest   []byte
}

func newFrameInput(line io.Reader) io.Reader { return &frameInput{frames: newFrameReader(line)} }

func (f *frameInput) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		message, err := f.frames.read()
		switch {
		case err != nil:
			return 0, err
		case f.frames.lost > 0:
			return 0, io.ErrUnexpectedEOF
		case message.Kind == frameIn:
			f.rest = message.Data
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// runWith runs a command with a standard input that may be nil, and that may still be open when the command ends.
func runWith(cmd *exec.Cmd, input io.Reader) error {
	if input == nil {
		return cmd.Run()
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		return errors.Join(err, r.Close(), w.Close())
	}
	go func() {
		_, _ = io.Copy(w, input) // a command that has ended reads no more
		_ = w.Close()
	}()
	return errors.Join(cmd.Wait(), r.Close())
}
