// Package ringbuf has the rings through which packets go to and from the kernel, and the
// memory they lie in. It knows nothing of packets, devices or queues of a device.
//
//   - URing is io_uring: rings shared with the kernel, through which many reads and
//     writes cost one system call.
//   - Arena is memory for packets outside the garbage collector's: slots at a stride that
//     caches like, at addresses that the kernel may keep.
//
// Nothing here allocates after its constructor, or waits, but for URing.Submit.
package ringbuf
