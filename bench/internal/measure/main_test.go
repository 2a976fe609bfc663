package measure

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/bench/internal/dut/tunnel/wireguard"
	"tunbench/bench/internal/host"
	"tunbench/forwarder/tun"
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
	case len(os.Args) > 1 && os.Args[1] == "wireguard-end":
		err = serveWireGuard(os.Args[2:])
	case len(os.Args) > 1 && os.Args[1] == "tunnel-end":
		err = serveTunnelEnd(os.Args[2:])
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
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

// serveWireGuard is what the hidden command of that name is, see wireguard_end.go of package main.
func serveWireGuard(args []string) error {
	var cfg wireguard.Config
	flags := flag.NewFlagSet("wireguard-end", flag.ContinueOnError)
	flags.StringVar(&cfg.Device, "device", "", "")
	flags.IntVar(&cfg.MTU, "mtu", 0, "")
	flags.StringVar(&cfg.TUN, "tun", "", "")
	flags.IntVar(&cfg.Queues, "queues", 1, "")
	flags.StringVar((*string)(&cfg.Steer), "steer", "", "")
	flags.StringVar(&cfg.File, "config", "", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	return wireguard.Run(ctx, cfg, func() error {
		_, err := fmt.Println(tunnel.WireGuardReady)
		return err
	})
}

// serveTunnelEnd is what the hidden command of that name is, see tunnel_end.go of package main.
func serveTunnelEnd(args []string) error {
	var cfg plain.Config
	var dev, local, peer string
	var port uint
	flags := flag.NewFlagSet("tunnel-end", flag.ContinueOnError)
	flags.StringVar(&cfg.Device, "device", "", "")
	flags.StringVar(&dev, "dev", "tun", "")
	flags.StringVar(&local, "local", "", "")
	flags.StringVar(&peer, "peer", "", "")
	flags.UintVar(&port, "port", 0, "")
	flags.IntVar(&cfg.Queues, "queues", 1, "")
	flags.IntVar(&cfg.Batch, "batch", 1, "")
	flags.BoolVar(&cfg.UGSO, "ugso", true, "")
	flags.BoolVar(&cfg.UGRO, "ugro", true, "")
	err := flags.Parse(args)
	if err != nil {
		return err
	}
	if cfg.Kind, err = tun.ParseKind(dev); err != nil {
		return err
	}
	cfg.Port, cfg.Local, cfg.Peer = uint16(port), netip.MustParseAddr(local), netip.MustParseAddr(peer)
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGTERM)
	defer stop()
	end, err := plain.Open(cfg)
	if err != nil {
		return err
	}
	fmt.Println(tunnel.PlainReady)
	return errors.Join(end.Run(ctx), end.Close())
}
