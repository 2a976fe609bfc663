// Package offloadtest makes packets of flows, with a vnet header before them, and compares
// what arrives with what was sent, segment by segment. It is the slow and obvious half of
// tests of whatever forwards superpackets: it shares nothing with package offload but the
// codec of the header, so that a mistake is not made twice.
//
//   - Flow makes the packets of one flow, and superpackets of them; Lie makes what only a
//     broken sender would.
//   - WirePackets opens a superpacket up; Arrivals tells what is lost, changed, out of order
//     or there twice.
//   - Traffic is random traffic of all that, the same for the same seed.
//   - Socket sends and receives such frames at a device.
package offloadtest
