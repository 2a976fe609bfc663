package measure

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/bench/internal/dut/tunnel/wireguard"
	"tunbench/bench/internal/host"
)

const hogArgument = "hog-cpu"

// TestMain is also the forwarder that the package dut starts, a process of this same
// program, a program of others, and a process that takes a CPU from all others.
func TestMain(m *testing.M) {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "forward":
		err = serveForwarder()
	case len(os.Args) > 4 && os.Args[1] == tunnelArgument:
		err = beTunnelEnd(os.Args[2:])
	case len(os.Args) > 2 && os.Args[1] == programArgument:
		beProgram(os.Args[2])
	case len(os.Args) > 2 && os.Args[1] == hogArgument:
		err = hog(os.Args[2])
	case len(os.Args) > 2 && os.Args[1] == "wireguard-end":
		err = untilTerm(func(ctx context.Context) error { return wireguard.Serve(ctx, os.Args[2], os.Stdout) })
	case len(os.Args) > 2 && os.Args[1] == "tunnel-end":
		err = untilTerm(func(ctx context.Context) error { return plain.Serve(ctx, os.Args[2], os.Stdout, os.Stderr) })
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// untilTerm runs an end of a tunnel until it is told to end.
func untilTerm(serve func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	return serve(ctx)
}

func serveForwarder() error {
	file := os.NewFile(forward.ControlFD, "control")
	conn, err := net.FileConn(file)
	if err != nil {
		return err
	}
	file.Close()
	return forward.Serve(context.Background(), conn, forward.Forwarder)
}

// hog keeps a CPU busy until it is killed: with one real-time thread, or where it may not
// have that, with many others.
func hog(text string) error {
	cpu, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	threads := 1
	realTime := &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Priority: 1}
	if err := host.OnOwnThread(func() error { return unix.SchedSetAttr(0, realTime, 0) }); err != nil {
		fmt.Fprintln(os.Stderr, "no real-time thread:", err)
		threads, realTime = 16, nil
	}
	runtime.GOMAXPROCS(threads + 1)
	spinning := make(chan error)
	var over atomic.Bool // never: it is killed
	for range threads {
		go func() {
			spinning <- host.OnOwnThread(func() error {
				if err := host.PinThread(cpu); err != nil {
					return err
				}
				if realTime != nil {
					if err := unix.SchedSetAttr(0, realTime, 0); err != nil {
						return err
					}
				}
				spinning <- nil
				for !over.Load() {
				}
				return nil
			})
		}()
	}
	for range threads {
		if err := <-spinning; err != nil {
			return err
		}
	}
	fmt.Println("busy")
	select {}
}
