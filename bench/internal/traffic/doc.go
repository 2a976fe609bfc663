// Package traffic makes load and receives it: a UDP sender with exact, open-loop
// send times, a TCX sink that accounts for every segment, TCP bulk streams, and
// a UDP ping-pong.
//
// Every UDP payload starts with a [Stamp]. Times are CLOCK_MONOTONIC in
// nanoseconds on both sides, so that one-way latency needs no second clock.
// Counts are segments (wire-size packets) unless a name says superpackets.
package traffic

//go:generate go tool bpf2go -cc clang-19 -strip llvm-strip-19 -target bpfel -type cpu_counts -type flow_state sink sink.bpf.c -- -mcpu=v3 -Wall -Wextra -Wno-unused-parameter -idirafter /usr/include/x86_64-linux-gnu

// Enter runs f on a thread that is inside a network namespace and returns f's
// error. Sockets opened by f keep that namespace; they can be used anywhere.
// Nil means the caller's namespace.
type Enter func(f func() error) error

func (e Enter) run(f func() error) error {
	if e == nil {
		return f()
	}
	return e(f)
}
