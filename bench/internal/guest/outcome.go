package guest

import (
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Outcome is what came of one boot.
type Outcome struct {
	Release  string // of the kernel, as it says itself; empty if it never came so far
	Emulated bool
	Notes    []string // what process 1 could not mount or load
	Commands []Command
	Took     time.Duration
	ended    bool
}

// Command is what came of one command in a guest.
type Command struct {
	Words          []string
	Stdout, Stderr []byte
	Files          map[string][]byte // what it left in its folder, by a local path
	Ended          bool
	Code           int // exit code, once it ended
}

func newOutcome(commands [][]string) *Outcome {
	o := &Outcome{}
	for _, words := range commands {
		o.Commands = append(o.Commands, Command{Words: words, Files: map[string][]byte{}})
	}
	return o
}

// take reads frames until the guest says that nothing follows, or they end.
func (o *Outcome) take(frames *frameReader) error {
	for !o.ended {
		message, err := frames.read()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = o.apply(message)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *Outcome) apply(message frame) error {
	switch message.Kind {
	case frameHello:
		o.Release = message.Text
	case frameNote:
		o.Notes = append(o.Notes, message.Text)
	case frameBye:
		o.ended = true
	default:
		if message.Command < 0 || message.Command >= len(o.Commands) {
			return fmt.Errorf("read frame: command %d of %d", message.Command, len(o.Commands))
		}
		return o.Commands[message.Command].apply(message)
	}
	return nil
}

func (c *Command) apply(message frame) error {
	switch message.Kind {
	case frameOut:
		c.Stdout = append(c.Stdout, message.Data...)
	case frameErr:
		c.Stderr = append(c.Stderr, message.Data...)
	case frameFile:
		if !filepath.IsLocal(message.Text) {
			return fmt.Errorf("read frame: file %q leads out of its folder", message.Text)
		}
		c.Files[message.Text] = append(c.Files[message.Text], message.Data...)
	case frameExit:
		c.Ended, c.Code = true, message.Code
	default:
		return fmt.Errorf("read frame: unknown kind %q: the guest runs another version of tunbench", message.Kind)
	}
	return nil
}
