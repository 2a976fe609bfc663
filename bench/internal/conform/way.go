package conform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
	"tunbench/offload/offloadtest"
)

// way is one direction: frames from a socket at one end, compared at the other.
type way struct {
	from, to *offloadtest.Socket
	ethernet bool
	arrivals *offloadtest.Arrivals
	findings []error
	cpu      *int // where frames are sent; nil: on any
	refused  int  // frames that the kernel did not let in
	left     int  // packets that need not be waited for: they are lost

	patience time.Duration // how long nothing may arrive before what is missing is lost
}

// maxFindings is how much of what is wrong is kept.
const maxFindings = 5

const (
	// patience is how long nothing may arrive before what is missing is lost, where a Suite says nothing else, and
	// impatience the same where packets were lost before: the case has failed already.
	patience   = 10 * time.Second
	impatience = 50 * time.Millisecond
	lookMs     = 20
)

// send is sendAll, on its CPU if it has one.
func (w *way) send(ctx context.Context, frames []frame, ring int) error {
	if w.cpu == nil {
		return w.sendAll(ctx, frames, ring)
	}
	return host.OnOwnThread(func() error {
		if err := host.PinThread(*w.cpu); err != nil {
			return err
		}
		return w.sendAll(ctx, frames, ring)
	})
}

// sendAll sends frames so that no more than ring packets are on the way at once, and waits for
// them: more might not fit into the rings of the devices.
func (w *way) sendAll(ctx context.Context, frames []frame, ring int) error {
	promised := w.arrivals.Missing
	room := ring
	for _, f := range frames {
		n := f.segments(w.ethernet)
		if n > room {
			if err := w.await(ctx, promised); err != nil {
				return err
			}
			room = ring
		}
		room -= n
		if !f.lies {
			promised -= n
		}
		switch err := sendOf(f)(w.from, f.linear(w.ethernet)); {
		case err != nil && f.lies && offloadtest.Refused(err):
			w.refused++
		case err != nil:
			return fmt.Errorf("send % x: %w", f.bytes[:min(len(f.bytes), 80)], err)
		}
	}
	return w.await(ctx, promised)
}

// sendOf is how a frame is sent.
func sendOf(f frame) func(*offloadtest.Socket, []byte) error {
	if f.lies {
		return (*offloadtest.Socket).SendOnce
	}
	return (*offloadtest.Socket).Send
}

// await takes what arrives until no more than so many packets are missing, beside those that
// were given up before.
func (w *way) await(ctx context.Context, missing int) error {
	missing = max(missing, 0)
	wait := w.patience
	if w.left > 0 {
		wait = impatience
	}
	for last := time.Now(); ; {
		took, err := w.take()
		switch {
		case err != nil:
			return err
		case w.arrivals.Missing <= missing+w.left:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case took:
			last = time.Now()
		case time.Since(last) > wait:
			w.left = w.arrivals.Missing - missing
			return nil
		}
		if err := w.to.Wait(lookMs); err != nil {
			return err
		}
	}
}

// take takes all that has arrived.
func (w *way) take() (took bool, err error) {
	for {
		frame, ok, err := w.to.Receive()
		switch {
		case errors.Is(err, unix.EINVAL): // the kernel has no vnet header for it: nothing legal is like that
			took = true
			continue
		case err != nil || !ok:
			return took, err
		}
		took = true
		if finding := w.arrivals.Take(frame); finding != nil && len(w.findings) < maxFindings {
			w.findings = append(w.findings, finding)
		}
	}
}

// end takes what comes too late or once too often, and says what is wrong.
func (w *way) end(ctx context.Context, scene *testbed.Testbed) error {
	if err := scene.Settle(ctx); err != nil {
		return err
	}
	if _, err := w.take(); err != nil {
		return err
	}
	for _, err := range w.findings {
		if finding := (*offloadtest.Finding)(nil); errors.As(err, &finding) {
			w.arrivals.Explain(finding)
		}
	}
	return errors.Join(append(w.findings, w.arrivals.Lost())...)
}
