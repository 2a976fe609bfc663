package socket

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/thread"
	"tunbench/bench/internal/traffic/wire"
)

// EchoConfig says where packets are answered, and whose.
type EchoConfig struct {
	Enter          thread.Enter // the namespace of Server
	Server, Client netip.AddrPort
	CPU            int // the thread runs there only; -1: anywhere
}

// Echo sends back every UDP packet of one client, on a thread that blocks in the kernel while it waits.
type Echo struct {
	stop  atomic.Bool
	close func() error // once
}

// OpenEcho starts to answer.
func OpenEcho(cfg EchoConfig) (*Echo, error) {
	fd, err := openBlocking(cfg.Enter, cfg.Server, cfg.Client, answerTimeout)
	if err != nil {
		return nil, err
	}
	e := &Echo{}
	ended := make(chan error, 1)
	go func() {
		ended <- thread.Run(cfg.CPU, func() error { return e.answer(fd, make([]byte, wire.MaxSize)) })
	}()
	e.close = sync.OnceValue(func() error {
		e.stop.Store(true)
		// Wakes the thread; were it not to, its receive timeout would.
		_ = unix.Shutdown(fd, unix.SHUT_RDWR)
		err := <-ended
		unix.Close(fd)
		return err
	})
	return e, nil
}

// Close ends it, and returns what ended it before. It is idempotent.
func (e *Echo) Close() error { return e.close() }

func (e *Echo) answer(fd int, buf []byte) error {
	for !e.stop.Load() {
		n, err := unix.Read(fd, buf)
		if err == nil && n > 0 {
			_, err = unix.Write(fd, buf[:n])
		}
		if err != nil && !passing(err) && !e.stop.Load() { // a packet that is answered while Close shuts the socket
			return fmt.Errorf("echo packet: %w", err)
		}
	}
	return nil
}
