// Package faulty is a forwarder that loses, delays, repeats and damages packets to
// order: known answers for the instrument that has to find them. Only tests import
// it.
//
// What is done to a packet is decided in memory, by line; loop moves packets between
// the devices.
package faulty
