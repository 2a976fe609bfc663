package socket

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/traffic/traffictest"
)

// TestEchoEndsAsItAnswers: Close is no error, whatever the thread is about.
func TestEchoEndsAsItAnswers(t *testing.T) {
	bed := traffictest.Veth(t)
	server := netip.AddrPortFrom(traffictest.Address(bed.B(), false), traffictest.Port)
	client := netip.AddrPortFrom(traffictest.Address(bed.A(), false), traffictest.Port)
	fd, err := openBlocking(bed.A().Namespace.Do, client, server, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = unix.Write(fd, make([]byte, 64)) // refused while nobody answers
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	answer := make([]byte, 64)
	for range 200 {
		e, err := OpenEcho(EchoConfig{Enter: bed.B().Namespace.Do, Server: server, Client: client, CPU: -1})
		if err != nil {
			t.Fatal(err)
		}
		for deadline := time.Now().Add(traffictest.Long); ; { // until it answers
			if n, _ := unix.Read(fd, answer); n > 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("no answer")
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
