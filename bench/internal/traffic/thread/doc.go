// Package thread is what generators and sinks run on: a thread of their own, the network
// namespace it enters and the clock it reads.
package thread
