// Package traffic makes load and receives it: it chooses among the generators and the
// sinks, which are in rooms of their own, and tries which of them this host can do.
// README.md is the tour.
//
// Every UDP payload starts with a [wire.Stamp]. Times are CLOCK_MONOTONIC in
// nanoseconds on both sides, so that one-way latency needs no second clock.
// Counts are segments (wire-size packets) unless a name says superpackets.
package traffic
