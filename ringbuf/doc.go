// Package ringbuf is the place for shared-memory rings and the buffers in them:
// io_uring's queues, a packet arena, a ring between two threads. It is empty as yet;
// the forwarder moves one packet at a time with plain system calls.
package ringbuf
