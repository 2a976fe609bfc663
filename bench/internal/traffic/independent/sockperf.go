package independent

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"tunbench/bench/internal/traffic/thread"
)

// SockperfConfig says between which ends sockperf sends a packet back and forth.
type SockperfConfig struct {
	Client, Server thread.Enter // their namespaces
	Addr           netip.Addr   // of the server; IPv4
	Port           uint16       // of the server
	Payload        int          // of a packet, in bytes, at least 14
	CPU            int          // both run there only; -1: anywhere
}

// Sockperf is one load of sockperf. Its methods are called from one goroutine.
type Sockperf struct {
	program          Installed
	config           SockperfConfig
	server, client   *process
	log              chan sockperfLog
	warmup, duration time.Duration
	flows            time.Time // when the first packets arrived
	within           time.Duration
}

const (
	// sockperfWarmup is as much of the beginning as sockperf leaves out (TEST_START_WARMUP_MSEC in defs.h), and sockperfCooldown of the
	// end (TEST_END_COOLDOWN_MSEC).
	sockperfWarmup   = 400 * time.Millisecond
	sockperfCooldown = 50 * time.Millisecond
	// sockperfPatience is how much longer than its load sockperf may take. It sleeps for two seconds before it.
	sockperfPatience = 30 * time.Second
	// enoughPackets tell the load from what sockperf sends before it.
	enoughPackets = 10
)

// StartSockperf starts server and client. The client sends for warmup, at least 400 ms, and then for duration; it goes on for up to a second,
// which is not counted, because sockperf knows whole seconds only.
func StartSockperf(ctx context.Context, program Installed, cfg SockperfConfig, warmup, duration time.Duration) (*Sockperf, error) {
	t := &Sockperf{program: program, config: cfg, warmup: max(warmup, sockperfWarmup), duration: duration}
	if err := t.start(ctx); err != nil {
		t.Close()
		return nil, fmt.Errorf("start sockperf: %w", err)
	}
	return t, nil
}

func (t *Sockperf) start(ctx context.Context) (err error) {
	c := t.config
	address := []string{"-i", c.Addr.String(), "-p", port(c.Port)}
	if t.server, err = start(c.Server, c.CPU, nil, t.program.Path, append([]string{"server"}, address...)...); err != nil {
		return err
	}
	if err := t.server.awaitPort(ctx, "udp", c.Port); err != nil {
		return err
	}
	before, err := received(t.server.cmd.Process.Pid)
	if err != nil {
		return err
	}
	total := wholeSeconds(t.warmup + t.duration + sockperfCooldown)
	t.within = total + sockperfPatience
	read, write, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("make a pipe: %w", err)
	}
	t.log = make(chan sockperfLog, 1)
	go func() {
		defer read.Close()
		t.log <- readSockperfLog(read, t.warmup-sockperfWarmup, t.duration)
	}()
	t.client, err = start(c.Client, c.CPU, []*os.File{write}, t.program.Path, append([]string{
		"ping-pong", "-m", strconv.Itoa(c.Payload), "-t", strconv.Itoa(int(total / time.Second)),
		"--full-rtt", "--dontwarmup", "--full-log", "/dev/fd/3", // what it says of percentiles is rougher
	}, address...)...)
	_ = write.Close() // the client has its own
	if err != nil {
		return err
	}
	return t.awaitFlow(ctx, before)
}

// awaitFlow waits until packets arrive at the server.
func (t *Sockperf) awaitFlow(ctx context.Context, before uint64) error {
	for begun := time.Now(); ; time.Sleep(listenPause) {
		select {
		case <-t.client.ended: // without an answer, too
			return t.client.withWords(fmt.Errorf("nothing arrives: sockperf %s ended", t.program.Version))
		case <-t.server.ended:
			return t.server.withWords(fmt.Errorf("its server ended: %w", orNil(t.server.failed)))
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		now, err := received(t.server.cmd.Process.Pid)
		if err != nil {
			return err
		}
		if now >= before+enoughPackets {
			t.flows = time.Now()
			return nil
		}
		if time.Since(begun) > t.within {
			return t.client.withWords(fmt.Errorf("nothing arrives within %v", t.within))
		}
	}
}

// received is how many UDP packets the sockets of a process's namespace took so far (proc_pid_net(5), InDatagrams).
func received(pid int) (uint64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/net/snmp")
	if err != nil {
		return 0, fmt.Errorf("read what arrived: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "Udp:" {
			continue
		}
		if n, err := strconv.ParseUint(fields[1], 10, 64); err == nil { // else it is the line of names
			return n, nil
		}
	}
	return 0, fmt.Errorf("read what arrived: no InDatagrams in /proc/%d/net/snmp", pid)
}

// Warm waits until the warm-up is over, or ctx is done. It fails when sockperf does.
func (t *Sockperf) Warm(ctx context.Context) error { return t.until(ctx, t.warmup) }

// Run waits until the time that is measured is over, or ctx is done. It fails when sockperf does.
func (t *Sockperf) Run(ctx context.Context) error { return t.until(ctx, t.warmup+t.duration) }

func (t *Sockperf) until(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(time.Until(t.flows.Add(d)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return nil
	case <-t.client.ended:
		if t.client.failed == nil {
			return nil // a busy machine woke it first
		}
		return t.client.withWords(fmt.Errorf("sockperf %s ended: %w", t.program.Version, t.client.failed))
	}
}

// Wait waits until sockperf has ended and returns what it measured. When ctx is done before, sockperf is killed, and the error is ctx's cause.
func (t *Sockperf) Wait(ctx context.Context) (SockperfResult, error) {
	if err := t.client.wait(ctx, t.within); err != nil {
		return SockperfResult{}, fmt.Errorf("run sockperf %s: %w", t.program.Version, err)
	}
	log := <-t.log
	res, err := log.result(t.client.out.String(), t.duration)
	if err != nil {
		return SockperfResult{}, t.client.withWords(fmt.Errorf("run sockperf %s: %w", t.program.Version, err))
	}
	return res, nil
}

// Close ends client and server. It may be called again.
func (t *Sockperf) Close() {
	for _, p := range []*process{t.client, t.server} {
		if p != nil {
			p.stop()
		}
	}
}
