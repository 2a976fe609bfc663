// Package drops counts the packets that the kernel drops, by its reason.
package drops
