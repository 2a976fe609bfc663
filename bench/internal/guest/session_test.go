package guest

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestSessionCarriesBothWays(t *testing.T) {
	hello, pong := written(t, frame{Kind: frameHello, Text: "6.12"}), written(t, frame{Kind: frameOut}, frame{Kind: frameOut, Data: []byte("pong")})
	// The number of the answer follows that of the greeting: its first frame is left out.
	l := fakeQEMU(t, "cat <<'END'\n"+hello+"END\nread empty; read ping; cat <<'END'\n"+pong[strings.Index(pong, "\n\n")+1:]+"END\nexec sleep 1000")
	s, err := l.Start(t.Context(), Kernel{}, []string{"agent"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Release != "6.12" || !s.Emulated || s.Process == 0 {
		t.Errorf("%+v", s)
	}
	if _, err := s.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len("pong"))
	if _, err := io.ReadFull(s, answer); err != nil || string(answer) != "pong" {
		t.Errorf("%q, %v", answer, err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Read(nil); !errors.Is(err, os.ErrClosed) || !errors.Is(s.Err(), os.ErrClosed) {
		t.Errorf("after Close: %v, %v", err, s.Err())
	}
	nothingLeft(t, l)
}

func TestSessionThatFailsShowsTheConsole(t *testing.T) {
	hello := written(t, frame{Kind: frameHello, Text: "6.12"})
	for name, tc := range map[string]struct {
		script  string
		timeout time.Duration
		says    []string
	}{
		"no boot":    {"echo 'Kernel panic - not syncing' >$console; exit 0", time.Minute, []string{"the guest ended", "Kernel panic - not syncing"}},
		"stuck":      {"echo booting >$console; exec sleep 1000", 300 * time.Millisecond, []string{"within", "booting"}},
		"no machine": {"echo 'no such machine' >&2; exit 1", time.Minute, []string{"no such machine", "console is empty"}},
		"dies":       {"echo oops >$console; cat <<'END'\n" + hello + "END\n", time.Minute, []string{"the guest ended", "oops"}},
	} {
		l := fakeQEMU(t, tc.script)
		l.Timeout = tc.timeout
		var s *Session
		err := untilItPrinted(l, tc.says, func() (err error) {
			s, err = l.Start(t.Context(), Kernel{}, []string{"agent"})
			return err
		})
		if name == "dies" && err == nil { // it ends when it has greeted: either may be seen first
			_, err = io.ReadAll(s)
			if closing := s.Close(); closing != nil {
				t.Error(closing)
			}
		}
		var failed *BootError
		if !errors.As(err, &failed) {
			t.Fatalf("%s: %v", name, err)
		}
		for _, word := range tc.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q does not mention %q", name, err, word)
			}
		}
		nothingLeft(t, l)
	}
}

func TestInputOfACommandIsWhatTheHostWrote(t *testing.T) {
	var line bytes.Buffer
	text := strings.Repeat("0123456789", frameData/4)
	if _, err := (&frameWriter{w: &line}).stream(frame{Kind: frameIn}).Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	torn := strings.Replace(line.String(), "@tb 1", "@tb [", 1)
	var output bytes.Buffer
	cmd := exec.Command("cat")
	cmd.Stdout = &output
	if err := runWith(cmd, newFrameInput(&line)); err != nil || output.String() != text {
		t.Errorf("%d of %d bytes, %v", output.Len(), len(text), err)
	}
	if _, err := io.ReadAll(newFrameInput(strings.NewReader(torn))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a torn frame: %v", err)
	}
}

func TestNICOfAGuest(t *testing.T) {
	if args := (*NIC)(nil).args(); args != nil {
		t.Errorf("no NIC: %q", args)
	}
	one := strings.Join((&NIC{Queues: make([]*os.File, 1)}).args(), " ")
	two := strings.Join((&NIC{Queues: make([]*os.File, 2), Features: NICFeatures{Checksum: true, Segmentation: true}}).args(), " ")
	for text, words := range map[string][]string{
		one: {"fd=3", ",csum=off", ",guest_tso4=off"},
		two: {"fds=3:4", "mq=on", "vectors=6", ",csum=on", ",guest_tso4=on", ",host_ufo=off"},
	} {
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: no %q", text, word)
			}
		}
	}
}
