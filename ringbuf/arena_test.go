package ringbuf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// arenaConfigs are small and large slots, of lengths that fit no unit.
var arenaConfigs = []ArenaConfig{
	{Slots: 1, SlotLen: 1},
	{Slots: 7, SlotLen: 64},
	{Slots: 64, SlotLen: 2048},
	{Slots: 33, SlotLen: 2048 + 10, Align: 256},
	{Slots: 16, SlotLen: 4096, Align: os.Getpagesize()},
	{Slots: 9, SlotLen: 65<<10 + 3, Align: os.Getpagesize(), Populate: true},
	{Slots: 40, SlotLen: 65 << 10, Huge: true},
	{Slots: 40, SlotLen: 65 << 10, Huge: true, Populate: true},
}

func newTestArena(t *testing.T, cfg ArenaConfig) *Arena {
	t.Helper()
	a, err := NewArena(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(a.Close(), a.Close()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return a
}

func forEachArena(t *testing.T, test func(t *testing.T, cfg ArenaConfig, a *Arena)) {
	for _, cfg := range arenaConfigs {
		t.Run(fmt.Sprintf("%dx%d-align%d-huge=%v", cfg.Slots, cfg.SlotLen, cfg.Align, cfg.Huge), func(t *testing.T) {
			test(t, cfg, newTestArena(t, cfg))
		})
	}
}

// TestArenaSlots writes a number over all of every slot, capacity included, and reads
// all of them back: a byte that two slots share would show.
func TestArenaSlots(t *testing.T) {
	forEachArena(t, func(t *testing.T, cfg ArenaConfig, a *Arena) {
		for i := range cfg.Slots {
			s := a.Slot(i)
			if len(s) != cfg.SlotLen || cap(s) != cfg.SlotLen {
				t.Fatalf("slot %d has length %d and capacity %d, want %d", i, len(s), cap(s), cfg.SlotLen)
			}
			if at := uintptr(unsafe.Pointer(&s[0])); at%uintptr(max(cfg.Align, CacheLine)) != 0 {
				t.Errorf("slot %d starts at %#x, not aligned to %d", i, at, max(cfg.Align, CacheLine))
			}
			if bytes.Count(s, []byte{0}) != len(s) {
				t.Fatalf("slot %d is not zero at first", i)
			}
			fill(s, byte(i+1))
		}
		for i := range cfg.Slots {
			if s := a.Slot(i); bytes.Count(s, []byte{byte(i + 1)}) != len(s) {
				t.Errorf("slot %d was overwritten", i)
			}
		}
	})
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}

func TestArenaStride(t *testing.T) {
	forEachArena(t, func(t *testing.T, cfg ArenaConfig, a *Arena) {
		unit := max(cfg.Align, CacheLine)
		if a.Stride()%unit != 0 || a.Stride()/unit%2 == 0 {
			t.Errorf("stride %d is no odd multiple of %d", a.Stride(), unit)
		}
		if a.Stride() >= cfg.SlotLen+2*unit {
			t.Errorf("stride %d wastes more than needed on slots of %d bytes", a.Stride(), cfg.SlotLen)
		}
		if want := cfg.Slots * a.Stride(); len(a.Bytes()) != want {
			t.Errorf("%d bytes in all, want %d", len(a.Bytes()), want)
		}
		if cfg.Slots > 1 {
			between := uintptr(unsafe.Pointer(&a.Slot(1)[0])) - uintptr(unsafe.Pointer(&a.Slot(0)[0]))
			if between != uintptr(a.Stride()) {
				t.Errorf("slots are %d bytes apart, Stride says %d", between, a.Stride())
			}
		}
	})
}

// TestArenaSpreadsOverCacheSets holds 64 slots of a power of two against a cache of 64
// sets: their first lines must lie in all of them.
func TestArenaSpreadsOverCacheSets(t *testing.T) {
	const sets = 64
	a := newTestArena(t, ArenaConfig{Slots: sets, SlotLen: 2048})
	used := map[uintptr]bool{}
	for i := range sets {
		used[uintptr(unsafe.Pointer(&a.Slot(i)[0]))/CacheLine%sets] = true
	}
	if len(used) != sets {
		t.Errorf("the slots start in %d of %d cache sets", len(used), sets)
	}
}

func TestArenaSlotOutOfRangePanics(t *testing.T) {
	a := newTestArena(t, ArenaConfig{Slots: 3, SlotLen: 64})
	for _, i := range []int{-1, 3} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("slot %d of 3 was given out", i)
				}
			}()
			a.Slot(i)
		}()
	}
}

// TestArenaRelease releases the middle third: it must be zero afterwards, the rest
// untouched.
func TestArenaRelease(t *testing.T) {
	forEachArena(t, func(t *testing.T, cfg ArenaConfig, a *Arena) {
		for i := range cfg.Slots {
			fill(a.Slot(i), byte(i+1))
		}
		from, to := cfg.Slots/3, cfg.Slots-cfg.Slots/3
		if err := a.Release(from, to); err != nil {
			t.Fatal(err)
		}
		for i := range cfg.Slots {
			want := byte(i + 1)
			if i >= from && i < to {
				want = 0
			}
			if s := a.Slot(i); bytes.Count(s, []byte{want}) != len(s) {
				t.Errorf("slot %d is not all %d after slots %d to %d were released", i, want, from, to)
			}
		}
	})
}

func TestArenaReleaseRejects(t *testing.T) {
	a := newTestArena(t, ArenaConfig{Slots: 4, SlotLen: 64})
	for _, r := range [][2]int{{-1, 2}, {0, 5}, {3, 2}} {
		if err := a.Release(r[0], r[1]); err == nil {
			t.Errorf("slots %d to %d were released", r[0], r[1])
		}
	}
	if err := a.Release(2, 2); err != nil {
		t.Errorf("releasing no slot: %v", err)
	}
}

// TestArenaResidentPages counts the pages in place: none but those written to, all of
// them when populated, none of those released.
func TestArenaResidentPages(t *testing.T) {
	const slots, slotLen = 64, 64 << 10
	page := os.Getpagesize()
	lazy := newTestArena(t, ArenaConfig{Slots: slots, SlotLen: slotLen, Align: page})
	// Where huge pages come unasked, one byte brings in a lot: without them, one page.
	if err := unix.Madvise(lazy.Bytes(), unix.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, unix.EINVAL) {
		t.Fatal(err)
	}
	for i := range slots {
		lazy.Slot(i)[0] = 1
	}
	if got := resident(t, lazy.Bytes()); got != slots {
		t.Errorf("%d pages in place after one write to each of %d slots", got, slots)
	}
	full := newTestArena(t, ArenaConfig{Slots: slots, SlotLen: slotLen, Align: page, Populate: true})
	pages := len(full.Bytes()) / page
	if got := resident(t, full.Bytes()); got != pages {
		t.Errorf("%d of %d pages in place after populating", got, pages)
	}
	if err := full.Release(0, slots/2); err != nil {
		t.Fatal(err)
	}
	if got := resident(t, full.Bytes()); got != pages/2 {
		t.Errorf("%d of %d pages in place after half the slots were released", got, pages)
	}
}

// resident counts the pages of b that are in memory. b starts on a page.
func resident(t *testing.T, b []byte) int {
	t.Helper()
	vec := make([]byte, (len(b)+os.Getpagesize()-1)/os.Getpagesize())
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(unsafe.Pointer(&vec[0])))
	if errno != 0 {
		t.Fatalf("mincore: %v", errno)
	}
	n := 0
	for _, v := range vec {
		n += int(v & 1)
	}
	return n
}

func TestArenaPages(t *testing.T) {
	if got := newTestArena(t, ArenaConfig{Slots: 1, SlotLen: 64}).Pages(); got != PagesSmall {
		t.Errorf("pages are %v, nobody asked for huge ones", got)
	}
	// Which of them the host has is not the test's to say; what it is said to be, it must be.
	a := newTestArena(t, ArenaConfig{Slots: 64, SlotLen: 64 << 10, Huge: true, Populate: true})
	t.Logf("Huge came to %v", a.Pages())
	if at := uintptr(unsafe.Pointer(&a.Bytes()[0])); a.Pages() == PagesHuge && at%hugePageLen != 0 {
		t.Errorf("a huge page at %#x", at)
	}
}

func TestNewArenaRejects(t *testing.T) {
	for name, cfg := range map[string]ArenaConfig{
		"no slots":           {SlotLen: 64},
		"negative slots":     {Slots: -1, SlotLen: 64},
		"too many slots":     {Slots: MaxSlots + 1, SlotLen: 64},
		"empty slots":        {Slots: 1},
		"too long slots":     {Slots: 1, SlotLen: MaxSlotLen + 1},
		"alignment of three": {Slots: 1, SlotLen: 64, Align: 192},
		"tiny alignment":     {Slots: 1, SlotLen: 64, Align: 8},
		"huge alignment":     {Slots: 1, SlotLen: 64, Align: 2 * os.Getpagesize()},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := NewArena(cfg); !errors.Is(err, ErrConfig) {
				t.Errorf("NewArena = %v, want ErrConfig", err)
			}
		})
	}
}

func TestNewArenaBeyondAddressSpace(t *testing.T) {
	a, err := NewArena(ArenaConfig{Slots: MaxSlots, SlotLen: MaxSlotLen})
	if err == nil {
		a.Close()
		t.Fatal("mapped 16 PiB")
	}
}
