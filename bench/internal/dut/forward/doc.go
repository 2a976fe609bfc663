// Package forward is the forwarder as a program of its own: it opens or
// attaches to two devices, forwards between them and says what it counted. The
// command `tunbench forward` runs it for a user; the harness runs the same
// command as a child process, so that the CPU time of the device under test is
// its own, and speaks with it over an inherited socket (see Serve and Client).
// Rivals of the forwarder are other Programs behind the same protocol.
package forward
