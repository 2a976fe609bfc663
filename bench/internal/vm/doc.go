// Package vm has a virtual machine as the far end of a scene: a QEMU guest whose NIC is a TAP device of the scene. A program in the
// guest, the agent, is what sends and receives there. Harness and agent call each other's names by net/rpc, over the serial line
// that package guest offers.
//
// Host and guest have two clocks. What needs both, a latency one way, is not measured; round trips are.
package vm
