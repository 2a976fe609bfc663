package sink

// A flow remembers its last windowBlocks blocks of blockLen sequence numbers, as
// the programs do, see kernel/flow.bpf.h.
const (
	windowBlocks = 64
	blockLen     = 64
)

// Window judges the sequence numbers of one flow. Its zero value is ready, and
// it is 1 KiB whatever comes.
type Window struct {
	Counts FlowCounts // of all arrivals so far
	blocks [windowBlocks]seqBlock
}

// seqBlock is a word of the window, tagged with the number of its block, so that a
// newer block takes it over without clearing.
type seqBlock struct {
	number uint64
	bits   uint64
}

// Record judges one arrival. A number is too old only when a newer block has taken
// its word.
func (w *Window) Record(seq uint64) {
	number := seq / blockLen
	bit := uint64(1) << (seq % blockLen)
	block := &w.blocks[number%windowBlocks]
	if block.number < number {
		*block = seqBlock{number: number}
	}
	switch {
	case block.number > number:
		w.Counts.TooOld++
		return
	case block.bits&bit != 0:
		w.Counts.Duplicates++
		return
	}
	block.bits |= bit
	w.Counts.Unique++
	// RFC 4737 section 3.3: reordered is what comes below NextExp.
	if seq < w.Counts.NextSeq {
		w.Counts.Reordered++
	}
	w.Counts.NextSeq = max(w.Counts.NextSeq, seq+1)
}
