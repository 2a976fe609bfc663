package ui

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// clock is a time that moves by hand.
type clock struct{ now time.Time }

func (c *clock) read() time.Time { return c.now }

func TestProgressDraws(t *testing.T) {
	var out bytes.Buffer
	c := &clock{now: time.Unix(0, 0).UTC()}
	p := newProgress(&out, 3, 80, true, c.read)
	p.Step("dut=route")
	c.now = c.now.Add(10 * time.Second)
	p.Step("dut=veth")
	c.now = c.now.Add(4 * time.Second)
	p.Step("dut=forwarder")
	p.Done()
	p.Done()
	want := eraseLine + "[1/3] dut=route" +
		eraseLine + "[2/3] dut=veth  until about 00:00:30" +
		eraseLine + "[3/3] dut=forwarder  until about 00:00:21" +
		eraseLine
	if got := out.String(); got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
}

// TestProgressExpects: the end is known from the first step on where somebody says how long one takes, and says the day where it is far away.
func TestProgressExpects(t *testing.T) {
	var out bytes.Buffer
	c := &clock{now: time.Unix(0, 0).UTC()} // a Thursday
	p := newProgress(&out, 3, 80, true, c.read)
	p.Expect(10 * time.Second)
	p.Step("a")
	c.now = c.now.Add(20 * time.Second)
	p.Expect(12 * time.Hour) // measured meanwhile
	p.Step("b")
	c.now = c.now.Add(20 * time.Second)
	p.Step("c")
	want := eraseLine + "[1/3] a  until about 00:00:30" + eraseLine + "[2/3] b  until about 00:01:00" + eraseLine + "[3/3] c  until about 00:01:00"
	if got := out.String(); got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
	out.Reset()
	c.now = time.Unix(0, 0).UTC()
	far := newProgress(&out, 3, 80, true, c.read)
	far.Expect(12 * time.Hour)
	far.Step("a")
	if got, want := out.String(), eraseLine+"[1/3] a  until about Fri 12:00"; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
	var none *Progress
	none.Expect(time.Second)
}

func TestProgressOfUnknownLength(t *testing.T) {
	var out bytes.Buffer
	c := &clock{now: time.Unix(0, 0).UTC()}
	p := newProgress(&out, Unknown, 80, true, c.read)
	p.Step("NDR 400 k to 600 k")
	c.now = c.now.Add(3 * time.Second)
	p.Step("NDR 500 k to 600 k")
	want := eraseLine + "[1] NDR 400 k to 600 k  since 00:00:00" + eraseLine + "[2] NDR 500 k to 600 k  since 00:00:00"
	if got := out.String(); got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
}

func TestProgressColour(t *testing.T) {
	for _, noColor := range []bool{false, true} {
		var out bytes.Buffer
		c := &clock{}
		p := newProgress(&out, 2, 80, noColor, c.read)
		p.Step("a")
		p.Step("b")
		if coloured := strings.Contains(out.String(), faint); coloured == noColor {
			t.Errorf("NoColor %t drew %q", noColor, out.String())
		}
	}
}

// TestProgressFitsTheLine: a line that wraps could not be erased.
func TestProgressFitsTheLine(t *testing.T) {
	label := strings.Repeat("x=é/", 60)
	for _, width := range []int{5, 12, 20, 40, 80, 200} {
		var out bytes.Buffer
		c := &clock{}
		p := newProgress(&out, 100, width, true, c.read)
		p.Step(label)
		p.Step(label)
		for line := range strings.SplitSeq(strings.TrimPrefix(out.String(), eraseLine), eraseLine) {
			if n := utf8.RuneCountInString(line); n >= width {
				t.Errorf("%d columns on a terminal of %d: %q", n, width, line)
			}
		}
	}
}

func TestProgressMoreStepsThanTold(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, 1, 80, true, time.Now)
	p.Step("a")
	p.Step("b")
	if !strings.Contains(out.String(), "[1/1] b") {
		t.Errorf("drew %q", out.String())
	}
}

func TestProgressSilent(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, 3, ProgressOptions{})
	if p != nil {
		t.Fatalf("a buffer is not a terminal, yet it got %+v", p)
	}
	p.Step("a")
	p.Done()
	if out.Len() != 0 {
		t.Errorf("drew %q on a buffer", out.String())
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestProgressSurvivesALostTerminal(t *testing.T) {
	p := newProgress(brokenWriter{}, 1, 80, true, time.Now)
	p.Step("a")
	p.Done()
}

func TestCut(t *testing.T) {
	tests := []struct {
		label string
		width int
		want  string
	}{
		{"size=64", 7, "size=64"},
		{"size=64", 6, "size=…"},
		{"größe=64", 5, "größ…"},
		{"size=64", 1, "…"},
		{"size=64", 0, ""},
		{"size=64", -3, ""},
	}
	for _, tt := range tests {
		if got := cut(tt.label, tt.width); got != tt.want {
			t.Errorf("cut(%q, %d) = %q, want %q", tt.label, tt.width, got, tt.want)
		}
	}
}
