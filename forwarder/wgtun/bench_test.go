package wgtun_test

import (
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
)

// measured are the modules on their own devices and on this package's. Both ends, their load and its
// receiver are in this process and on the same CPUs: compare ratios, from interleaved runs
// (go test -bench . -count 10, benchstat).
var measured = []variant{
	{own: true, queues: 1},
	{queues: 1},
	{queues: 2, steer: steer.PolicyHash},
	{fork: true, own: true, queues: 1},
	{fork: true, own: true, queues: 2},
	{fork: true, queues: 1},
	{fork: true, queues: 2, steer: steer.PolicyHash},
	{fork: true, queues: 2, steer: steer.PolicyKernel},
}

// cpuTime returns the CPU time of this process.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkStream carries one TCP stream; a turn is 64 KiB.
func BenchmarkStream(b *testing.B) {
	const chunk = 64 << 10
	for _, v := range measured {
		b.Run(v.String(), func(b *testing.B) {
			tn := newTunnel(b, v)
			listener, _ := tn.listen(b, 1, false)
			var sender net.Conn
			inside(b, tn.netns[0], func() (err error) {
				sender, err = net.DialTimeout("tcp", listener.Addr().String(), patience)
				return err
			})
			receiver, err := listener.Accept()
			if err != nil {
				b.Fatal(err)
			}
			defer receiver.Close()
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for buf := make([]byte, chunk); err == nil; {
					_, err = sender.Write(buf)
				}
			}()
			buf := make([]byte, chunk)
			b.SetBytes(chunk)
			before := cpuTime(b)
			for b.Loop() {
				if _, err := io.ReadFull(receiver, buf); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N*chunk), "cpu-ns/B")
			sender.Close()
			<-ended
		})
	}
}

// BenchmarkDatagrams sends datagrams of 200 bytes, each by itself, as fast as it can; a turn is one that
// arrives.
func BenchmarkDatagrams(b *testing.B) {
	for _, v := range measured {
		b.Run(v.String(), func(b *testing.B) {
			tn := newTunnel(b, v)
			_, receiver := tn.listen(b, 1, false)
			var sender *net.UDPConn
			inside(b, tn.netns[0], func() (err error) {
				sender, err = net.DialUDP("udp", nil, receiver.LocalAddr().(*net.UDPAddr))
				return err
			})
			stop, ended := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(ended)
				for buf := make([]byte, 200); ; {
					select {
					case <-stop:
						return
					default:
						_, _ = sender.Write(buf) // what is lost is not counted
					}
				}
			}()
			buf := make([]byte, 2048)
			if err := receiver.SetReadDeadline(time.Now().Add(patience)); err != nil {
				b.Fatal(err)
			}
			before, start := cpuTime(b), time.Now()
			for b.Loop() {
				if _, err := receiver.Read(buf); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "packets/s")
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/packet")
			close(stop)
			<-ended
			sender.Close()
		})
	}
}

// BenchmarkRoundTrip sends one datagram and waits for its echo.
func BenchmarkRoundTrip(b *testing.B) {
	for _, v := range measured {
		b.Run(v.String(), func(b *testing.B) {
			tn := newTunnel(b, v)
			_, echo := tn.listen(b, 1, false)
			go func() {
				for buf := make([]byte, 64); ; {
					n, from, err := echo.ReadFromUDPAddrPort(buf)
					if err != nil {
						return
					}
					_, _ = echo.WriteToUDPAddrPort(buf[:n], from)
				}
			}()
			var sender *net.UDPConn
			inside(b, tn.netns[0], func() (err error) {
				sender, err = net.DialUDP("udp", nil, echo.LocalAddr().(*net.UDPAddr))
				return err
			})
			defer sender.Close()
			buf := make([]byte, 64)
			for b.Loop() {
				for {
					if _, err := sender.Write(buf); err != nil {
						b.Fatal(err)
					}
					_ = sender.SetReadDeadline(time.Now().Add(time.Second))
					_, err := sender.Read(buf)
					if err == nil {
						break
					}
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
