// Package measure turns a scenario into a record: it sets the scene, starts the
// device under test, offers the load, and accounts for what became of it.
//
// One trial is a function of load and duration (RFC 9971): warm up, run, stop, wait
// until every packet is accounted for, then read the counters. Packets of the warm-up
// and of the trial are told apart by their stamps; places that cannot tell them apart,
// such as a device, are read only when nothing is on its way any more. What the load
// consists of is a workload; everything else is the same for all.
package measure
