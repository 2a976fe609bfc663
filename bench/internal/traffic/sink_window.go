package traffic

// A flow remembers its last windowBlocks blocks of blockLen sequence numbers, as
// the programs do, see sink_flow.bpf.h.
const (
	windowBlocks = 64
	blockLen     = 64
)

// flowWindow judges the sequence numbers of one flow. Its zero value is ready, and
// it is 1 KiB whatever comes.
type flowWindow struct {
	counts FlowCounts
	blocks [windowBlocks]seqBlock
}

// seqBlock is a word of the window, tagged with the number of its block, so that a
// newer block takes it over without clearing.
type seqBlock struct {
	number uint64
	bits   uint64
}

// record judges one arrival. A number is too old only when a newer block has taken
// its word.
func (w *flowWindow) record(seq uint64) {
	number := seq / blockLen
	bit := uint64(1) << (seq % blockLen)
	block := &w.blocks[number%windowBlocks]
	if block.number < number {
		*block = seqBlock{number: number}
	}
	switch {
	case block.number > number:
		w.counts.TooOld++
		return
	case block.bits&bit != 0:
		w.counts.Duplicates++
		return
	}
	block.bits |= bit
	w.counts.Unique++
	// RFC 4737 section 3.3: reordered is what comes below NextExp.
	if seq < w.counts.NextSeq {
		w.counts.Reordered++
	}
	w.counts.NextSeq = max(w.counts.NextSeq, seq+1)
}
