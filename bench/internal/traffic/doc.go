// Package traffic makes load and receives it: UDP generators with exact, open-loop
// send times, in the kernel and on sockets, sinks that account for every segment,
// TCP bulk streams, and a UDP ping-pong.
//
// Every UDP payload starts with a [Stamp]. Times are CLOCK_MONOTONIC in
// nanoseconds on both sides, so that one-way latency needs no second clock.
// Counts are segments (wire-size packets) unless a name says superpackets.
package traffic

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
