package independent

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"tunbench/bench/internal/traffic/thread"
)

// Iperf3Config says between which ends iperf3 sends: from the client to the server.
type Iperf3Config struct {
	Client, Server thread.Enter // their namespaces
	Addr           netip.Addr   // of the server
	Port           uint16       // of the server
	Streams        int          // 1 to 128
	CC             string       // congestion control of TCP; empty: the host's default
	CPU            int          // the client runs there only; -1: anywhere

	// Payload is the payload of a UDP packet in bytes, at least 16. 0: TCP.
	Payload int
	// Pps is the packet rate of all UDP streams together; 0: as fast as it goes.
	Pps float64
}

// Iperf3 is one load of iperf3. Its methods are called from one goroutine.
type Iperf3 struct {
	program        Installed
	config         Iperf3Config
	server, client *process
	warm           time.Time // when the warm-up is over
	within         time.Duration
}

// iperf3Patience is how much longer than its load iperf3 may take, on a machine that has other work.
const iperf3Patience = 30 * time.Second

// StartIperf3 starts server and client. The client sends for warmup, which iperf3 does not count (--omit), and then for duration; both are
// rounded up to whole seconds, all that iperf3 knows.
func StartIperf3(ctx context.Context, program Installed, cfg Iperf3Config, warmup, duration time.Duration) (*Iperf3, error) {
	t := &Iperf3{program: program, config: cfg}
	if err := t.start(ctx, wholeSeconds(warmup), wholeSeconds(duration)); err != nil {
		t.Close()
		return nil, fmt.Errorf("start iperf3: %w", err)
	}
	return t, nil
}

// wholeSeconds rounds up.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1) / time.Second * time.Second
}

func (t *Iperf3) start(ctx context.Context, omit, duration time.Duration) (err error) {
	c := t.config
	if t.server, err = start(c.Server, -1, nil, t.program.Path, "--server", "--one-off", "--bind", c.Addr.String(), "--port", port(c.Port)); err != nil {
		return err
	}
	if err := t.server.awaitPort(ctx, "tcp", c.Port); err != nil {
		return err
	}
	t.warm = time.Now().Add(omit)
	t.within = omit + duration + iperf3Patience
	t.client, err = start(c.Client, c.CPU, nil, t.program.Path, c.clientArgs(omit, duration)...)
	return err
}

func port(n uint16) string { return strconv.Itoa(int(n)) }

// connectTimeout is how long a path that does not forward is waited for.
const connectTimeout = 10 * time.Second

func (c Iperf3Config) clientArgs(omit, duration time.Duration) []string {
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	args := []string{
		"--client", c.Addr.String(), "--port", port(c.Port), "--json", "--interval", "0",
		"--time", seconds(duration), "--omit", seconds(omit), "--parallel", strconv.Itoa(c.Streams),
		"--connect-timeout", strconv.FormatInt(connectTimeout.Milliseconds(), 10),
	}
	if c.Payload == 0 {
		if c.CC != "" {
			args = append(args, "--congestion", c.CC)
		}
		return args
	}
	bits := c.Pps / float64(c.Streams) * 8 * float64(c.Payload) // of each stream
	return append(args, "--udp", "--length", strconv.Itoa(c.Payload), "--bitrate", strconv.FormatFloat(bits, 'f', 0, 64), "--udp-counters-64bit", "--dont-fragment")
}

// Warm waits until the warm-up is over, or ctx is done. It fails when iperf3 does.
func (t *Iperf3) Warm(ctx context.Context) error {
	timer := time.NewTimer(time.Until(t.warm))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil
	case <-t.client.ended:
		_, err := t.Wait(ctx)
		return err
	}
}

// Wait waits until iperf3 has ended and returns what it counted. When ctx is done before, iperf3 is killed, and the error is ctx's cause.
func (t *Iperf3) Wait(ctx context.Context) (Iperf3Result, error) {
	err := t.client.wait(ctx, t.within)
	if ctx.Err() != nil {
		return Iperf3Result{}, context.Cause(ctx)
	}
	res, reportErr := parseIperf3(t.client.out.String(), t.config.Payload)
	if refused := (*iperf3Error)(nil); err == nil || errors.As(reportErr, &refused) {
		err = reportErr // says more than an exit status
	}
	if err != nil {
		return Iperf3Result{}, fmt.Errorf("run iperf3 %s: %w%s", t.program.Version, err, t.serverWords())
	}
	return res, nil
}

// serverWords is what the server said if it failed: it may know better.
func (t *Iperf3) serverWords() string {
	select {
	case <-t.server.ended:
		if t.server.failed != nil {
			return fmt.Sprintf("; its server: %v: %s", t.server.failed, lastLines(t.server.out.String()))
		}
	default:
	}
	return ""
}

// Close ends client and server. It may be called again.
func (t *Iperf3) Close() {
	for _, p := range []*process{t.client, t.server} {
		if p != nil {
			p.stop()
		}
	}
}
