package ringbuf

import (
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// CacheLine is the unit, in bytes, in which processors fetch memory.
const CacheLine = 64

// Limits of ArenaConfig.
const (
	MaxSlots   = 1 << 24
	MaxSlotLen = 1 << 30
)

// hugePageLen is the size of the huge pages asked for. Where a machine has none of that
// size, its pages are small.
const hugePageLen = 2 << 20

// Pages is what kind of pages an arena's memory is made of.
type Pages string

const (
	// PagesSmall are the kernel's ordinary pages.
	PagesSmall Pages = "small"
	// PagesTransparent are ordinary pages that the kernel was advised to replace by huge
	// ones (MADV_HUGEPAGE): as far as it finds any.
	PagesTransparent Pages = "transparent"
	// PagesHuge are huge pages out of the host's reserve (MAP_HUGETLB).
	PagesHuge Pages = "huge"
)

// ArenaConfig says what an arena is made of. Slots and SlotLen are required.
type ArenaConfig struct {
	Slots   int // 1 to MaxSlots
	SlotLen int // bytes of a slot: 1 to MaxSlotLen

	// Align is what every slot's start is a multiple of: a power of two, CacheLine to
	// the length of a page; 0 for CacheLine.
	Align int

	// Populate has all memory in place when NewArena returns, so that no first packet
	// pays for a page fault. Otherwise a page costs nothing until it is written to.
	Populate bool

	// Huge wants huge pages: those reserved on the host, else transparent ones, else
	// none. Pages says what it came to.
	Huge bool
}

// check fills in what was left open.
func (c ArenaConfig) check() (ArenaConfig, error) {
	if c.Align == 0 {
		c.Align = CacheLine
	}
	switch {
	case c.Slots < 1 || c.Slots > MaxSlots:
		return c, fmt.Errorf("%w: %d slots: want 1 to %d", ErrConfig, c.Slots, MaxSlots)
	case c.SlotLen < 1 || c.SlotLen > MaxSlotLen:
		return c, fmt.Errorf("%w: slots of %d bytes: want 1 to %d", ErrConfig, c.SlotLen, MaxSlotLen)
	case c.Align < CacheLine || c.Align > os.Getpagesize() || c.Align&(c.Align-1) != 0:
		return c, fmt.Errorf("%w: alignment of %d bytes: want a power of two, %d to %d", ErrConfig, c.Align, CacheLine, os.Getpagesize())
	case c.stride() > (math.MaxInt-hugePageLen)/c.Slots:
		return c, fmt.Errorf("%w: %d slots of %d bytes: more than can be addressed", ErrConfig, c.Slots, c.SlotLen)
	}
	return c, nil
}

// stride returns the bytes from one slot to the next, an odd multiple of Align. The
// number of sets of a cache is a power of two: at a stride with a large power of two in
// it, the headers of all slots would compete for a few sets.
func (c ArenaConfig) stride() int {
	units := (c.SlotLen + c.Align - 1) / c.Align
	return (units | 1) * c.Align
}

// Arena is memory for packets, in slots of one length. The garbage collector does not
// know it: it never moves, it is not scanned, and the kernel may be told its address.
//
// Slot and Bytes may be called from any goroutine; who writes where is the callers'
// agreement. Close must come last: slices of a closed arena point nowhere.
type Arena struct {
	mapped  []byte
	mem     []byte // the slots
	stride  int
	slotLen int
	pages   Pages
	pageLen int
}

// NewArena maps the memory, all zero. The error wraps ErrConfig or what mmap returned.
func NewArena(cfg ArenaConfig) (*Arena, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	a := &Arena{stride: cfg.stride(), slotLen: cfg.SlotLen}
	if err := a.mmap(a.stride*cfg.Slots, cfg); err != nil {
		return nil, fmt.Errorf("map arena of %d slots of %d bytes: %w", cfg.Slots, cfg.SlotLen, err)
	}
	return a, nil
}

// mmap maps memory for length bytes of slots.
func (a *Arena) mmap(length int, cfg ArenaConfig) error {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_PRIVATE | unix.MAP_ANONYMOUS
	err := error(unix.ENOMEM)
	if cfg.Huge {
		// It fails here or never: pages are taken from the reserve at once.
		a.pages, a.pageLen = PagesHuge, hugePageLen
		a.mapped, err = unix.Mmap(-1, 0, roundUp(length, hugePageLen), prot, flags|unix.MAP_HUGETLB|unix.MAP_HUGE_2MB)
	}
	if err != nil {
		a.pages, a.pageLen = PagesSmall, os.Getpagesize()
		if a.mapped, err = unix.Mmap(-1, 0, roundUp(length, a.pageLen), prot, flags); err != nil {
			return os.NewSyscallError("mmap", err)
		}
		if cfg.Huge && unix.Madvise(a.mapped, unix.MADV_HUGEPAGE) == nil {
			a.pages = PagesTransparent
		}
	}
	if cfg.Populate {
		clear(a.mapped) // MAP_POPULATE would come before the advice
	}
	a.mem = a.mapped[:length:length]
	return nil
}

func roundUp(n, unit int) int { return (n + unit - 1) / unit * unit }

// Slot returns slot i, as long as ArenaConfig.SlotLen and without capacity beyond. It
// panics when there is no such slot.
func (a *Arena) Slot(i int) []byte {
	start := i * a.stride
	end := start + a.slotLen
	return a.mem[start:end:end]
}

// Stride returns the bytes from the start of one slot to that of the next.
func (a *Arena) Stride() int { return a.stride }

// Bytes returns the whole memory, padding between slots included: what io_uring wants
// to be told of (URingConfig.Buffers).
func (a *Arena) Bytes() []byte { return a.mem }

// Pages returns what the memory is made of.
func (a *Arena) Pages() Pages { return a.pages }

// Release clears slots from to to-1 and gives their whole pages back to the kernel; the
// next use gets new ones. Memory registered with a URing must not be released: the
// kernel would go on using the old pages.
func (a *Arena) Release(from, to int) error {
	if from < 0 || to < from || to*a.stride > len(a.mem) {
		return fmt.Errorf("release slots %d to %d: no such slots", from, to)
	}
	start, end := from*a.stride, to*a.stride
	first, last := roundUp(start, a.pageLen), end/a.pageLen*a.pageLen
	if first >= last {
		clear(a.mem[start:end])
		return nil
	}
	// The pages at the ends are shared with the neighbours.
	clear(a.mem[start:first])
	clear(a.mem[last:end])
	if err := unix.Madvise(a.mem[first:last], unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("release slots %d to %d: %w", from, to, os.NewSyscallError("madvise", err))
	}
	return nil
}

// Close unmaps the memory. It may be called again.
func (a *Arena) Close() error {
	if a.mapped == nil {
		return nil
	}
	err := unix.Munmap(a.mapped)
	a.mapped, a.mem = nil, nil
	return os.NewSyscallError("munmap", err)
}
