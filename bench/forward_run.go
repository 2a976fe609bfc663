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
	opts, err := o.read()
	if err != nil {
		return err
	}
	// From here on SIGUSR1 asks for counters; unasked for it would end the process.
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGUSR1)
	var metrics *forward.Metrics
	if opts.Metrics != "" {
		if metrics, err = forward.ListenMetrics(opts.Metrics); err != nil {
			return listenError(err)
		}
		defer func() { err = errors.Join(err, metrics.Close()) }()
	}
	session, err := forward.Open(opts.Options)
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	negotiated := session.Negotiated()
	forward.PrintNegotiated(con.stdout, negotiated)
	if o.config != "" {
		forward.PrintInterfaces(con.stdout, "configured", opts.Options)
	}
	if metrics != nil {
		metrics.Serve(session.Stats)
		fmt.Fprintf(con.stdout, "metrics on http://%s/metrics\n", metrics.Address())
	}
	stopPrinting := session.PrintMeanwhile(con.stdout, asked, len(negotiated.Notes))
	if err := o.background.ready(); err != nil {
		stopPrinting()
		return err
	}
	err = session.Run(ctx)
	// The devices first: nobody may be reading what is printed.
	err = errors.Join(err, session.Close())
	stopPrinting()
	return errors.Join(err, forward.PrintStats(con.stdout, session.Stats()))
}

// listenError tells a wrong address from a failure.
func listenError(err error) error {
	switch {
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return &usageError{fmt.Errorf("%w: want an address of this host", err)}
	case errors.Is(err, unix.EACCES):
		return &host.Unfit{Missing: "to be allowed to listen there (" + err.Error() + ")", Remedy: "run as root or with CAP_NET_BIND_SERVICE, or choose a port above 1023"}
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
