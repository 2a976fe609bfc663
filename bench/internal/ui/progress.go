package ui

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	eraseLine = "\r\x1b[K" // to column one, then erase to the right (ECMA-48 EL)
	faint     = "\x1b[2m"
	normal    = "\x1b[0m"
)

// ProgressOptions say how a [Progress] draws.
type ProgressOptions struct {
	// Quiet draws nothing at all.
	Quiet bool
	// NoColor leaves out colour and emphasis (the NO_COLOR convention).
	NoColor bool
}

// Progress is one line on a terminal: how many steps are done, what runs now
// and when the last will be. It draws only when a step begins: a redraw in
// between would wake a CPU that is being measured, and so the end is a time of
// day, which does not grow old. It never hides the cursor, so that no way to die leaves a terminal without one.
//
// A nil *Progress is valid and silent. All methods may be called from any
// goroutine.
type Progress struct {
	mu      sync.Mutex
	out     io.Writer
	width   int
	noColor bool
	now     func() time.Time

	total   int
	begun   int // steps that have begun
	start   time.Time
	step    time.Duration // how long one is expected to take, 0 where nobody knows
	drawing bool          // the line is on the screen
}

// Unknown is a number of steps that nobody can tell before they are done.
const Unknown = -1

// NewProgress returns the progress of total steps, drawn on w; of [Unknown] ones it
// shows how many have begun and since when. It returns nil, which is silent, when w
// is not a terminal, opts ask for quiet, or there is nothing to do.
func NewProgress(w io.Writer, total int, opts ProgressOptions) *Progress {
	if opts.Quiet || total == 0 || !IsTerminal(w) {
		return nil
	}
	return newProgress(w, total, Width(w), opts.NoColor, time.Now)
}

func newProgress(w io.Writer, total, width int, noColor bool, now func() time.Time) *Progress {
	return &Progress{out: w, width: width, noColor: noColor, now: now, total: total, start: now()}
}

// Expect says how long a step will take, as long as none has shown it.
func (p *Progress) Expect(step time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.step = step
}

// Step ends the step before and begins the next, named label.
func (p *Progress) Step(label string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.begun++; p.total != Unknown {
		p.begun = min(p.begun, p.total)
	}
	p.drawing = true
	// A terminal that is gone is no reason to stop measuring.
	_, _ = io.WriteString(p.out, eraseLine+p.line(label))
}

// Done takes the line off the screen and leaves the cursor at its beginning,
// ready for results. Call it on every way out, interruption too; calling it
// again does nothing.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawing {
		_, _ = io.WriteString(p.out, eraseLine)
		p.drawing = false
	}
}

// line is the text for the step that just began, cut so that it never wraps:
// a wrapped line cannot be erased.
func (p *Progress) line(label string) string {
	head, tail := p.ends()
	room := p.width - 1 - len(head) - len(tail)
	if room < 1 {
		return cut(head+label, p.width-1)
	}
	label = cut(label, room)
	if tail != "" && !p.noColor {
		tail = faint + tail + normal
	}
	return head + label + tail
}

// ends is what stands before and behind a label.
func (p *Progress) ends() (head, tail string) {
	if p.total == Unknown {
		return fmt.Sprintf("[%d] ", p.begun), "  since " + p.start.Format(time.TimeOnly)
	}
	if left, known := p.left(); known {
		tail = "  " + p.end(left)
	}
	return fmt.Sprintf("[%*d/%d] ", len(fmt.Sprint(p.total)), p.begun, p.total), tail
}

// cut shortens a label to width columns; labels have no wide characters.
func cut(label string, width int) string {
	runes := []rune(label)
	if len(runes) <= width {
		return label
	}
	if width < 1 {
		return ""
	}
	return string(runes[:width-1]) + "…"
}

// left estimates the time to the end from the mean of the steps that are done, or
// before there is one from what was expected.
func (p *Progress) left() (d time.Duration, known bool) {
	done := p.begun - 1
	mean := p.step
	if done > 0 {
		mean = p.now().Sub(p.start) / time.Duration(done)
	}
	return (mean * time.Duration(p.total-done)).Round(time.Second), done > 0 || mean > 0
}

// end says when a time from now is over.
func (p *Progress) end(left time.Duration) string {
	layout := time.TimeOnly
	if left >= 12*time.Hour {
		layout = "Mon 15:04"
	}
	return "until about " + p.now().Add(left).Format(layout)
}
