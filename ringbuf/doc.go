// Package ringbuf has the rings through which packets are handed over, and the memory
// they lie in. It knows nothing of packets, devices or queues of a device.
//
//   - URing is io_uring: rings shared with the kernel, through which many reads and
//     writes cost one system call.
//   - Arena is memory for packets outside the garbage collector's: slots at a stride that
//     caches like, at addresses that the kernel may keep.
//   - SPSC is a ring between two goroutines, one that puts in and one that takes out.
//
// Nothing here allocates after its constructor, or waits, but for URing.Submit.
package ringbuf
