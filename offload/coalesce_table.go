package offload

import "math/bits"

// flowKey is the part of a packet's IP header and port numbers that all packets of an
// output have in common, in little-endian words: what tells a flow from others, and what
// must not change within it. What may change is zero.
type flowKey struct {
	// IPv4: version, IHL, TOS and flags; TTL, protocol and source address; destination
	// address and port numbers. IPv6: version, traffic class, flow label, next header and
	// hop limit; the addresses; the port numbers.
	words [6]uint64
}

const (
	// ipv4Key0 leaves out total length and identification, ipv4Key1 the checksum.
	ipv4Key0 = 0xffff_0000_0000_ffff
	ipv4Key1 = 0xffff_ffff_0000_ffff
	// ipv6Key0 leaves out the payload length.
	ipv6Key0 = 0xffff_0000_ffff_ffff

	// What of the first two words belongs to the flow.
	ipv4Flow0 = 0xff
	ipv4Flow1 = 0xffff_ffff_0000_ff00
	ipv6Flow0 = 0x00ff_0000_0000_00f0
)

func (k *flowKey) isIPv4() bool { return k.words[0]&0xff == ipv4NoOptions }

// is reports whether both keys are the same.
func (k *flowKey) is(o *flowKey) bool {
	diff := (k.words[0] ^ o.words[0]) | (k.words[1] ^ o.words[1]) | (k.words[2] ^ o.words[2])
	return diff == 0 && (k.isIPv4() || k.diffIPv6(o) == 0)
}

// isFlow reports whether both keys are of the same flow.
func (k *flowKey) isFlow(o *flowKey) bool {
	diff0, diff1, diff2 := k.words[0]^o.words[0], k.words[1]^o.words[1], k.words[2]^o.words[2]
	if k.isIPv4() {
		return diff0&ipv4Flow0|diff1&ipv4Flow1|diff2 == 0
	}
	return diff0&ipv6Flow0|diff1|diff2|k.diffIPv6(o) == 0
}

// diffIPv6 compares the words that IPv4 does not have.
func (k *flowKey) diffIPv6(o *flowKey) uint64 {
	return (k.words[3] ^ o.words[3]) | (k.words[4] ^ o.words[4]) | (k.words[5] ^ o.words[5])
}

// hash spreads flows over all 64 bits. It is no secret: who finds flows that collide
// makes them push each other out of the table, which costs only what merging them saves.
func (k *flowKey) hash() uint64 {
	// Odd constants without structure: fractional parts of roots.
	const c1, c2, c3, c4 = 0x9e3779b97f4a7c15, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1
	if k.isIPv4() {
		return mix(k.words[1]&ipv4Flow1^c1, k.words[2]^c2)
	}
	return mix(k.words[1]^c1, k.words[2]^c2) ^ mix(k.words[3]^k.words[5]^c3, k.words[4]^c4)
}

// mix multiplies, and folds both halves of the product.
func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// maxProbes is how many slots a flow may be in. With at least twice as many slots as
// flows there is nearly always one free.
const maxProbes = 8

// flowTable finds the latest run of a flow. It may lose a run, which then is never
// joined again: order is kept whatever is lost.
type flowTable struct {
	slots []uint64  // generation, some bits of the hash, run
	keys  []flowKey // of each run

	generation uint64 // slots of another one are free
}

const (
	slotRunBits = 16
	slotRunMask = 1<<slotRunBits - 1
	slotTagBits = 16
	slotTagMask = 1<<slotTagBits - 1

	// hashTagShift takes the tag from bits that do not choose the slot.
	hashTagShift = 48
)

// tableSlot is where a flow's run goes, and what is stored there beside the run.
type tableSlot struct{ at, tag uint64 }

func newFlowTable(runs int) flowTable {
	return flowTable{
		slots:      make([]uint64, max(maxProbes, 1<<bits.Len(uint(2*runs-1)))),
		keys:       make([]flowKey, runs),
		generation: 1,
	}
}

// find returns the run of the flow, or -1, whether it has the same key, and where to put
// the next one.
func (t *flowTable) find(k *flowKey) (slot tableSlot, run int, same bool) {
	h := k.hash()
	mask := uint64(len(t.slots) - 1)
	slot = tableSlot{h & mask, t.generation<<slotTagBits | h>>hashTagShift&slotTagMask}
	for range maxProbes {
		s := t.slots[slot.at&mask]
		if s>>slotRunBits == slot.tag {
			run = int(s & slotRunMask)
			if k.is(&t.keys[run]) {
				return slot, run, true
			}
			if k.isFlow(&t.keys[run]) {
				return slot, run, false
			}
		}
		if s>>(slotRunBits+slotTagBits) != t.generation {
			return slot, -1, false
		}
		slot.at = (slot.at + 1) & mask
	}
	slot.at = h & mask
	return slot, -1, false
}

// put makes run the latest of the flow that find returned slot for.
func (t *flowTable) put(slot tableSlot, run int, k *flowKey) {
	t.slots[slot.at] = slot.tag<<slotRunBits | uint64(run)
	t.keys[run] = *k
}

// forget makes the table empty.
func (t *flowTable) forget() {
	t.generation++
	if t.generation == 1<<32 {
		t.generation = 1
		clear(t.slots)
	}
}
