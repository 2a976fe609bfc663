// Package measure turns a scenario into a record: it sets the scene, starts the
// device under test, offers the load, and accounts for what became of it.
//
// One trial is a function of load and duration (RFC 9971): warm up, run, stop,
// drain until the counters stand still, then read them. What the load consists
// of is a workload; everything else is the same for all.
package measure
