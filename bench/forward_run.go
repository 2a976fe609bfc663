package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/host"
)

func (con *console) forward(ctx context.Context, o forwardOptions) (err error) {
	opts, err := o.parse()
	if err != nil {
		return err
	}
	// From here on SIGUSR1 asks for counters; unasked for it would end the process.
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1)
	var metrics *forward.Metrics
	if o.metrics != "" {
		if metrics, err = forward.ListenMetrics(o.metrics); err != nil {
			return listenError(err)
		}
		defer func() { err = errors.Join(err, metrics.Close()) }()
	}
	session, err := forward.Open(opts)
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	negotiated := session.Negotiated()
	forward.PrintNegotiated(con.stdout, negotiated)
	if metrics != nil {
		metrics.Serve(session.Stats)
		fmt.Fprintf(con.stdout, "metrics on http://%s/metrics\n", metrics.Address())
	}
	printer := con.printWhenAsked(session, asked, len(negotiated.Notes))
	if err := o.background.ready(); err != nil {
		printer.stop()
		return err
	}
	err = session.Run(ctx)
	// The devices first: nobody may be reading what is printed.
	err = errors.Join(err, session.Close())
	printer.stop()
	return errors.Join(err, forward.PrintStats(con.stdout, session.Stats()))
}

// listenError tells a wrong address from a failure.
func listenError(err error) error {
	switch {
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return &usageError{fmt.Errorf("%w: want an address of this host", err)}
	case errors.Is(err, unix.EACCES):
		return &host.Unfit{Missing: "to be allowed to listen there (" + err.Error() + ")", Remedy: "run as root, or choose a port above 1023"}
	}
	return err
}

// openError tells a wrong word from a host that cannot.
func openError(err error) error {
	if wrongWord(err) {
		return &usageError{err}
	}
	return err
}

// printer prints what is asked for while packets are forwarded.
type printer struct {
	ending chan struct{}
	ended  chan struct{}
}

// printWhenAsked prints the counters whenever a signal asks for them, and notes as they
// come, of which so many were printed.
func (con *console) printWhenAsked(session *forward.Session, asked <-chan os.Signal, printed int) *printer {
	p := &printer{make(chan struct{}), make(chan struct{})}
	notes := func() {
		all := session.Negotiated().Notes
		forward.PrintNotes(con.stdout, all[printed:])
		printed = len(all)
	}
	go func() {
		defer close(p.ended)
		for {
			select {
			case <-asked:
				_ = forward.PrintStats(con.stdout, session.Stats())
			case <-session.Noted():
				notes()
			case <-p.ending:
				notes()
				return
			}
		}
	}()
	return p
}

// stop prints the notes that are left, and returns when nothing is printed any more.
func (p *printer) stop() {
	close(p.ending)
	<-p.ended
}
