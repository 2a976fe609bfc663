package forward

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"tunbench/forwarder"
)

// TestLimitConnections: so many are served at a time, and one that leaves makes room.
func TestLimitConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener := limitConnections(inner, 2)
	accepted := make(chan net.Conn)
	ended := make(chan error, 1)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				ended <- err
				return
			}
			accepted <- conn
		}
	}()
	var served []net.Conn
	for range 3 {
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	for range 2 {
		served = append(served, <-accepted)
	}
	select {
	case <-accepted:
		t.Error("a third is served")
	default:
	}
	for range 2 { // closing twice gives one place back
		_ = served[0].Close()
	}
	third := <-accepted
	defer third.Close()
	defer served[1].Close()
	if err := listener.Close(); err != nil { // while Accept waits for a place
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept ends with %v", err)
	}
}

// TestMetricsCutSilentClients: a connection on which nobody asks does not stay.
func TestMetricsCutSilentClients(t *testing.T) {
	m, err := ListenMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.Serve(func() forwarder.Stats { return forwarder.Stats{} })
	defer m.Close()
	conn, err := net.Dial("tcp", m.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after a minute of silence: %v, want that it was closed", err)
	}
}

// TestMetricsCloseBeforeServe: the start may fail in between.
func TestMetricsCloseBeforeServe(t *testing.T) {
	m, err := ListenMetrics("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
