package offload

import (
	"cmp"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Limits and defaults of CoalesceConfig.
const (
	// DefaultMaxSegments is what every kernel with USO takes.
	DefaultMaxSegments = 64
	// MaxSegmentsLimit is IOV_MAX: an output may have a vector for each segment.
	MaxSegmentsLimit = 1024
	// DefaultCopyLimit is the payload length up to which copying costs less than one
	// more vector of a write does.
	DefaultCopyLimit = 256
)

// CoalesceConfig says what a Coalescer has to deal with.
type CoalesceConfig struct {
	// MaxPackets is how many packets are added before each Flush, at most: 1 to 65535.
	MaxPackets int

	// VnetHdrLen is how many bytes precede every packet, at least VnetHdrLen (the
	// constant). What follows struct virtio_net_hdr is zero in merged outputs.
	VnetHdrLen int

	// Ethernet says that packets begin with an Ethernet header, as on a TAP device.
	Ethernet bool

	// MaxSegments is how many segments an output may have: up to MaxSegmentsLimit, 0
	// for DefaultMaxSegments. A superpacket that came with more goes as it came.
	MaxSegments int

	// CopyLimit is up to how many bytes of payload are copied behind those of the
	// packet before, where there is room, instead of being gathered: 0 for
	// DefaultCopyLimit, negative for none.
	CopyLimit int
}

// Output is what goes out with one write: a packet as it was added, or a superpacket
// made of several.
type Output struct {
	Iovs     []unix.Iovec // vnet header and packet; at least one vector
	Packets  int          // that were added
	Segments int          // wire-size packets
	Bytes    int          // in all vectors
}

// Coalescer merges the TCP and UDP packets of a batch, flow by flow, into superpackets
// that segment into what was added. What may be merged is what the kernel's GRO would
// (inet_gro_receive in net/ipv4/af_inet.c, ipv6_gro_receive in net/ipv6/ip6_offload.c,
// tcp_gro_receive in net/ipv4/tcp_offload.c, udp_gro_receive_segment in
// net/ipv4/udp_offload.c); a packet that cannot be merged goes out byte for byte as it
// came, but that the hdr_len of a superpacket is made right. The one field that may
// come out of segmentation otherwise than it went in is the IPv4 identification of
// packets with DF that all had the same one, which means nothing then (RFC 6864).
//
// Packets of one flow stay in order. One whose flow cannot be told (an IP fragment, no
// TCP or UDP, a header that lies) stays behind all that were added before it, and
// before all that come after.
//
// It allocates nothing after NewCoalescer and belongs to one goroutine.
type Coalescer struct {
	cfg    CoalesceConfig
	leave  [256]bool // by protocol, see Leave
	table  flowTable
	key    flowKey // of the packet that is being added
	runs   []run   // in the order of their first packets, and one to be
	begun  int     // how many of them there are
	flows  int     // that they are of, as far as that can be told
	pieces []piece
	placed int // how many pieces there are
	iovs   []unix.Iovec
	outs   []Output
}

// piece is contiguous memory of an output: a frame or a payload, and what was copied
// behind it. Its capacity is free memory.
type piece struct {
	mem  []byte
	next int // piece of the same output; 0: none, as the first is nobody's next
}

// NewCoalescer makes a Coalescer for batches of cfg.MaxPackets.
func NewCoalescer(cfg CoalesceConfig) *Coalescer {
	cfg.MaxSegments = min(cmp.Or(cfg.MaxSegments, DefaultMaxSegments), MaxSegmentsLimit)
	cfg.CopyLimit = cmp.Or(cfg.CopyLimit, DefaultCopyLimit)
	return &Coalescer{
		cfg:    cfg,
		table:  newFlowTable(cfg.MaxPackets),
		runs:   make([]run, cfg.MaxPackets),
		pieces: make([]piece, cfg.MaxPackets),
		iovs:   make([]unix.Iovec, cfg.MaxPackets),
		outs:   make([]Output, cfg.MaxPackets),
	}
}

// Leave has all packets of a protocol, IPPROTO_TCP or IPPROTO_UDP, go out as they come from now on:
// the kernel does not take superpackets of it. It must not be called between Add and Flush.
func (c *Coalescer) Leave(protocol uint8) { c.leave[protocol] = true }

// Add takes the next packet: a vnet header with the packet right behind it. Up to its
// capacity the memory behind the frame may be written. It must stay as it is until the
// outputs of the next Flush are done with; if it is merged it is changed.
func (c *Coalescer) Add(frame []byte) {
	r := &c.runs[c.begun]
	a := &r.first
	if !a.read(&c.key, frame, c.cfg.VnetHdrLen, c.cfg.Ethernet) {
		c.table.forget()
		c.begin(r)
		return
	}
	if c.leave[a.protocol] {
		a.joins = false
	}
	slot, known, same := c.table.find(&c.key)
	if known >= 0 {
		if k := &c.runs[known]; same && k.admits(a, c.cfg.MaxSegments) && k.intact(a) {
			c.join(k, a)
			return
		}
	} else {
		c.flows++
	}
	c.table.put(slot, c.begun, &c.key)
	c.begin(r)
}

// begin makes the run that the packet was read into one of its own.
func (c *Coalescer) begin(r *run) {
	r.begin(c.place(r.first.frame))
	c.begun++
}

// place makes a piece.
func (c *Coalescer) place(mem []byte) int {
	p := &c.pieces[c.placed]
	p.mem, p.next = mem, 0
	c.placed++
	return c.placed - 1
}

// join merges the packet into the run of its flow.
func (c *Coalescer) join(r *run, a *arrival) {
	r.take(a)
	payload := a.frame[a.payload:a.end]
	last := &c.pieces[r.lastPiece]
	n := len(last.mem)
	if len(payload) <= c.cfg.CopyLimit && len(payload) <= cap(last.mem)-n {
		last.mem = last.mem[:n+len(payload)]
		copy(last.mem[n:], payload)
		return
	}
	r.lastPiece = c.place(payload)
	last.next = r.lastPiece
}

// Flows returns how many flows were seen since the last Flush. Packets whose flow cannot be
// told are of none; behind such a packet a flow counts anew.
func (c *Coalescer) Flows() int { return c.flows }

// Flush returns what the packets added since the last Flush have become, in an order
// that keeps that of every flow. It is valid until the next Add.
func (c *Coalescer) Flush() []Output {
	outs, iovs := c.outs[:c.begun], c.iovs
	for i := range outs {
		r := &c.runs[i]
		if r.packets > 1 {
			r.finish(c.cfg.VnetHdrLen)
		}
		n, bytes := c.gather(iovs, r.firstPiece)
		// Field by field: an Output made elsewhere would be copied.
		o := &outs[i]
		o.Iovs, o.Packets, o.Segments, o.Bytes = iovs[:n:n], r.packets, r.segments, bytes
		iovs = iovs[n:]
	}
	c.table.forget()
	c.begun, c.placed, c.flows = 0, 0, 0
	return outs
}

// gather makes vectors of a piece and those that follow it.
func (c *Coalescer) gather(iovs []unix.Iovec, first int) (n, bytes int) {
	for i := first; ; {
		p := &c.pieces[i]
		iovs[n].Base = unsafe.SliceData(p.mem)
		iovs[n].SetLen(len(p.mem))
		bytes += len(p.mem)
		n++
		if i = p.next; i == 0 {
			return n, bytes
		}
	}
}
