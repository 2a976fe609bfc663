package guest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// framesOf reads until the end.
func framesOf(t *testing.T, text string) (frames []frame, lost uint64) {
	t.Helper()
	r := newFrameReader(strings.NewReader(text))
	for {
		message, err := r.read()
		if errors.Is(err, io.EOF) {
			return frames, r.lost
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, message)
	}
}

func written(t *testing.T, messages ...frame) string {
	t.Helper()
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	for _, m := range messages {
		if err := w.write(m); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestFramesCarryAnyBytes(t *testing.T) {
	content := bytes.Repeat([]byte{0, '\n', 0xff, '@', 't', 'b', ' '}, 3000)
	var b bytes.Buffer
	w := &frameWriter{w: &b}
	if n, err := w.stream(frame{Kind: frameFile, Text: "a"}).Write(content); n != len(content) || err != nil {
		t.Fatal(n, err)
	}
	frames, lost := framesOf(t, b.String())
	var got []byte
	for _, f := range frames {
		got = append(got, f.Data...)
	}
	if !bytes.Equal(got, content) || lost != 0 {
		t.Errorf("%d bytes came of %d, %d frames lost", len(got), len(content), lost)
	}
}

func TestTornFramesAreMissedNotMisread(t *testing.T) {
	whole := written(t, frame{Kind: frameHello, Text: "6.1"}, frame{Kind: frameOut, Data: []byte("hello")}, frame{Kind: frameBye})
	lines := strings.Split(strings.TrimSpace(whole), "\n")
	for name, tc := range map[string]struct {
		text  string
		kinds string
		lost  uint64
	}{
		"the kernel between":     {strings.Replace(whole, "\n@tb 1", "\n[ 1.5] usb 1-1: new device\n@tb 1", 1), "hello out bye", 0},
		"the kernel within":      {strings.Replace(whole, "@tb 1 ", "@tb 1[ 1.5] usb ", 1), "hello bye", 1},
		"a byte changed":         {strings.Replace(whole, lines[2][len(lines[2])-6:], "AAAA"+lines[2][len(lines[2])-2:], 1), "hello bye", 1},
		"cut off in the last":    {whole[:len(whole)-8], "hello out", 0},
		"the first torn":         {whole[6:], "out bye", 1},
		"twice":                  {whole + whole, "hello out bye", 0},
		"nothing":                {"", "", 0},
		"carriage returns added": {strings.ReplaceAll(whole, "\n", "\r\n"), "hello out bye", 0},
	} {
		frames, lost := framesOf(t, tc.text)
		var kinds []string
		for _, f := range frames {
			kinds = append(kinds, string(f.Kind))
		}
		if got := strings.Join(kinds, " "); got != tc.kinds || lost != tc.lost {
			t.Errorf("%s: %s, %d lost; want %s, %d lost", name, got, lost, tc.kinds, tc.lost)
		}
	}
}

func TestOutcomeRefusesWhatLeadsOut(t *testing.T) {
	for _, m := range []frame{
		{Kind: frameFile, Text: "../x"}, {Kind: frameFile, Text: "/etc/x"}, {Kind: frameFile}, {Kind: frameOut, Command: 1}, {Kind: frameOut, Command: -1},
	} {
		o := newOutcome([][]string{{"doctor"}})
		if err := o.take(newFrameReader(strings.NewReader(written(t, m)))); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
}

func FuzzFrameReader(f *testing.F) {
	f.Add("@tb 0 00000000 e30=\n")
	f.Add("@tb 1 x y\n\n@tb")
	f.Fuzz(func(t *testing.T, text string) {
		r := newFrameReader(strings.NewReader(text))
		for range 1000 {
			if _, err := r.read(); err != nil {
				return
			}
		}
	})
}
