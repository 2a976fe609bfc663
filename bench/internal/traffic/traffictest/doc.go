// Package traffictest is what the tests of the rooms of traffic share: scenes, packets byte
// by byte, and what a sink must have seen. It knows no generator and no sink, so that their
// tests can import it; tests alone do.
package traffictest
