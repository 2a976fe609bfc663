// nebula-forwarder passes packets between two TUN devices through the data path of nebula: its packages overlay/tio, which reads and writes the
// queues, and overlay/batch, which coalesces. Between the two, nebula encrypts, sends, receives and decrypts; here a segment is copied instead.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"

	"github.com/slackhq/nebula/overlay/tio"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "nebula-forwarder:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		return printVersion()
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	s, err := readSettings()
	if err != nil {
		return err
	}
	a, err := openDevice("A", s)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := openDevice("B", s)
	if err != nil {
		return err
	}
	defer b.Close()
	return forwardAll(a, b, s.cpus, term)
}

// errDeviceGone is what overlay/tio does not tell from its own end.
var errDeviceGone = errors.New("read: the device is gone")

// forwardAll runs a worker for each queue and direction until it is told to end, or until one of them fails.
func forwardAll(a, b tio.QueueSet, cpus []int, term <-chan os.Signal) error {
	var stopping atomic.Bool
	ended := make(chan error)
	workers := 0
	for i := range a.Queues() {
		cpu := -1
		if len(cpus) > 0 {
			cpu = cpus[i%len(cpus)]
		}
		for _, w := range []worker{{from: a.Queues()[i], to: b.Queues()[i]}, {from: b.Queues()[i], to: a.Queues()[i]}} {
			workers++
			go func() {
				err := w.run(cpu)
				switch {
				case errors.Is(err, os.ErrClosed) && stopping.Load():
					err = nil // as it was told
				case errors.Is(err, os.ErrClosed):
					err = errDeviceGone
				}
				ended <- err
			}()
		}
	}
	var failed error
	select {
	case <-term:
	case failed = <-ended:
		workers--
	}
	stopping.Store(true)
	failed = errors.Join(failed, a.Shutdown(), b.Shutdown())
	for range workers {
		failed = errors.Join(failed, <-ended)
	}
	return failed
}

func printVersion() error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("read build info: there is none")
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/slackhq/nebula" {
			fmt.Println("nebula", module.Version)
		}
	}
	return nil
}
