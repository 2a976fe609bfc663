package offload

// Fault is the reason why headers cannot be believed, small enough to index a
// counter. FaultNone, the zero value, is no fault.
type Fault uint8

// What headers lie about. A packet with a fault can be passed on as it is, or
// dropped; it must not be segmented or coalesced.
const (
	FaultNone         Fault = iota
	FaultNotIP              // neither IPv4 nor IPv6
	FaultTruncated          // the packet ends inside its headers
	FaultVersion            // the version is not the one the Ethernet type says
	FaultIPv4Header         // IHL below 5, or past the total length
	FaultIPv4Checksum       // the header checksum is wrong; only a Segmenter looks
	FaultIPLength           // the IP length is past the end of the packet, or 0
	FaultExtensions         // IPv6 extension headers past the payload
	FaultTCPHeader          // data offset below 5, or past the segment
	FaultUDPLength          // UDP length below 8, or past the IP payload
	FaultGSOType            // a GSO type that is not known, or known to be obsolete
	FaultGSOSize            // a GSO type with a gso_size of 0 or 0xffff
	FaultGSOProtocol        // the GSO type is not for the protocol of the packet
	FaultGSOFragment        // the superpacket is an IP fragment
	FaultHdrLen             // hdr_len is past the end of the packet
	FaultCsumMissing        // a superpacket without NEEDS_CSUM
	FaultCsumPosition       // csum_start and csum_offset do not name the checksum
	FaultTunnelFields       // positions of the UDP tunnel's headers that are wrong
	FaultTunnel             // a UDP-tunnel superpacket, where none can be dealt with

	NumFaults = iota // how many values there are, FaultNone included
)

// String returns the fault in a few words, fit for the label of a counter.
func (f Fault) String() string {
	switch f {
	case FaultNone:
		return "none"
	case FaultNotIP:
		return "not IP"
	case FaultTruncated:
		return "truncated header"
	case FaultVersion:
		return "wrong IP version"
	case FaultIPv4Header:
		return "wrong IPv4 header length"
	case FaultIPv4Checksum:
		return "wrong IPv4 header checksum"
	case FaultIPLength:
		return "wrong IP length"
	case FaultExtensions:
		return "wrong IPv6 extension headers"
	case FaultTCPHeader:
		return "wrong TCP header length"
	case FaultUDPLength:
		return "wrong UDP length"
	case FaultGSOType:
		return "unknown GSO type"
	case FaultGSOSize:
		return "wrong gso_size"
	case FaultGSOProtocol:
		return "GSO type of another protocol"
	case FaultGSOFragment:
		return "superpacket is an IP fragment"
	case FaultHdrLen:
		return "wrong hdr_len"
	case FaultCsumMissing:
		return "superpacket without NEEDS_CSUM"
	case FaultCsumPosition:
		return "wrong checksum position"
	case FaultTunnelFields:
		return "wrong tunnel header positions"
	case FaultTunnel:
		return "UDP-tunnel superpacket"
	}
	return "unknown fault"
}
