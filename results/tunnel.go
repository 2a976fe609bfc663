package results

// Tunnel is what a tunnel made of the packets that it was given, and what its ends cost (topo=tunnel). Counts are those of a trial, its
// keep-alives included, both ways together. CPU time is that of the programs at both ends; absent where the kernel is the tunnel.
type Tunnel struct {
	InnerPackets *int64 `json:"inner_packets,omitempty"` // went into the tunnel; absent where no counter tells superpackets from packets
	InnerBytes   *int64 `json:"inner_bytes,omitempty"`   // of them, of IP packets
	LinkPackets  *int64 `json:"link_packets,omitempty"`  // sent on the physical link
	LinkBytes    *int64 `json:"link_bytes,omitempty"`    // of them, of IP packets

	OverheadBytesPerPacket *float64 `json:"overhead_bytes_per_packet,omitempty"` // bytes on the link beyond those of the packet itself, from IP packet to IP packet
	LinkPacketsPerPacket   *float64 `json:"link_packets_per_packet,omitempty"`   // packets on the link for each that went into the tunnel

	ANsPerPacket *float64 `json:"a_ns_per_packet,omitempty"` // run time of the end in A per packet forwarded
	BNsPerPacket *float64 `json:"b_ns_per_packet,omitempty"` // of the end in B
	ANsPerByte   *float64 `json:"a_ns_per_byte,omitempty"`   // run time of the end in A per byte of throughput_bps; absent for round trips
	BNsPerByte   *float64 `json:"b_ns_per_byte,omitempty"`   // of the end in B
	ABusyRatio   *float64 `json:"a_busy_ratio,omitempty"`    // run time of the end in A over the duration: 1 is one CPU full
	BBusyRatio   *float64 `json:"b_busy_ratio,omitempty"`    // of the end in B
}
