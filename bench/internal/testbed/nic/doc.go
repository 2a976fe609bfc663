// Package nic sets a network device as people set any network card: up or down, MTU, hardware address, addresses, routes, membership of a
// bridge. It remembers what it changed and takes that back, whoever the device belongs to.
package nic
