// Package tun opens Linux TUN and TAP devices with several queues, negotiates
// their offloads and moves packets with raw, non-blocking vectored system calls.
//
// A Device is opened once, all queues alike; what the kernel accepted is
// remembered there. A Queue belongs to one worker.
package tun
