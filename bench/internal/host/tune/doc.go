// Package tune sets what helps a measurement on this host, and puts it back: the work of `tunbench tune` and
// `tunbench reset`. Before it changes anything it writes a journal of every value as it was, so that a reset restores
// them even if the process was killed between two changes.
//
// A knob is an entry of the list in knobs.go. What a knob turns is a place: a file of /proc or /sys, or a process.
package tune
