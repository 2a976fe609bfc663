// Package testbed sets the scene of a measurement: network namespaces that it
// makes itself, the devices between them, addresses, routes and kernel settings.
//
// Nothing outside these namespaces is touched, and everything is gone after
// Testbed.Down. What a killed process left behind, Clean removes.
package testbed
