package ringbuf

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"unsafe"
)

func newTestSPSC[T any](t testing.TB, capacity int) *SPSC[T] {
	t.Helper()
	r, err := NewSPSC[T](capacity)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// checkSPSC runs operations on a ring and on a slice, and compares what they do. The low
// two bits of each byte say which operation, the others with how many items.
func checkSPSC(t *testing.T, capacity int, ops []byte) {
	ring := newTestSPSC[int](t, capacity)
	var model []int
	number := 0
	for i, op := range ops {
		n := int(op >> 2)
		switch op & 3 {
		case 0:
			number++
			want := len(model) < capacity
			if want {
				model = append(model, number)
			}
			if got := ring.Push(number); got != want {
				t.Fatalf("operation %d: Push = %v, want %v", i, got, want)
			}
		case 1:
			items := make([]int, n)
			for j := range items {
				number++
				items[j] = number
			}
			want := min(n, capacity-len(model))
			model = append(model, items[:want]...)
			if got := ring.PushSlice(items); got != want {
				t.Fatalf("operation %d: PushSlice of %d = %d, want %d", i, n, got, want)
			}
		case 2:
			got, ok := ring.Pop()
			if ok != (len(model) > 0) {
				t.Fatalf("operation %d: Pop = %v with %d items in the ring", i, ok, len(model))
			}
			if ok {
				if got != model[0] {
					t.Fatalf("operation %d: Pop = %d, want %d", i, got, model[0])
				}
				model = model[1:]
			}
		case 3:
			into := make([]int, n)
			got := ring.PopSlice(into)
			want := model[:min(n, len(model))]
			if !slices.Equal(into[:got], want) {
				t.Fatalf("operation %d: PopSlice of %d = %v, want %v", i, n, into[:got], want)
			}
			model = model[got:]
		}
		if ring.Len() != len(model) || ring.Cap() != capacity {
			t.Fatalf("operation %d: Len %d, Cap %d; want %d and %d", i, ring.Len(), ring.Cap(), len(model), capacity)
		}
	}
}

func TestSPSCAgainstSlice(t *testing.T) {
	for _, capacity := range []int{1, 2, 8, 64} {
		t.Run(fmt.Sprintf("capacity=%d", capacity), func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, uint64(capacity)))
			for range 200 {
				ops := make([]byte, 500)
				for i := range ops {
					ops[i] = byte(random.Uint32())
				}
				checkSPSC(t, capacity, ops)
			}
		})
	}
}

func FuzzSPSC(f *testing.F) {
	f.Add(uint8(0), []byte{0, 0, 2, 2, 2})
	f.Add(uint8(3), []byte{9<<2 | 1, 5<<2 | 3, 7<<2 | 1, 63<<2 | 3, 2})
	f.Fuzz(func(t *testing.T, order uint8, ops []byte) { checkSPSC(t, 1<<(order%10), ops) })
}

// TestSPSCIndicesWrapAround starts where the counters are about to overflow.
func TestSPSCIndicesWrapAround(t *testing.T) {
	r := newTestSPSC[int](t, 4)
	const start = ^uint64(0) - 5
	r.head.Store(start)
	r.tail.Store(start)
	r.headSeen, r.tailSeen = start, start
	for i := range 20 {
		if r.PushSlice([]int{i, i + 100}) != 2 {
			t.Fatalf("round %d: no room", i)
		}
		into := make([]int, 4)
		if n := r.PopSlice(into); !slices.Equal(into[:n], []int{i, i + 100}) {
			t.Fatalf("round %d: got %v", i, into[:n])
		}
	}
}

// TestSPSCBetweenGoroutines moves numbers through rings of several sizes. The items have
// two words, so that one that was read half-written shows even without -race.
func TestSPSCBetweenGoroutines(t *testing.T) {
	type item struct{ number, inverse uint64 }
	for _, tc := range []struct{ capacity, push, pop int }{
		{1, 1, 1}, {2, 1, 3}, {64, 1, 1}, {64, 7, 64}, {64, 64, 5}, {1024, 64, 64},
	} {
		t.Run(fmt.Sprintf("capacity=%d/push=%d/pop=%d", tc.capacity, tc.push, tc.pop), func(t *testing.T) {
			const items = 50_000
			ring := newTestSPSC[item](t, tc.capacity)
			go func() {
				batch := make([]item, tc.push)
				for sent := uint64(0); sent < items; {
					n := int(min(uint64(tc.push), items-sent))
					for i := range n {
						batch[i] = item{sent + uint64(i), ^(sent + uint64(i))}
					}
					for rest := batch[:n]; len(rest) > 0; {
						if tc.push > 1 {
							rest = rest[ring.PushSlice(rest):]
						} else if ring.Push(rest[0]) {
							rest = rest[1:]
						}
						runtime.Gosched()
					}
					sent += uint64(n)
				}
			}()
			into := make([]item, tc.pop)
			for got := uint64(0); got < items; {
				n := 0
				if tc.pop > 1 {
					n = ring.PopSlice(into)
				} else if it, ok := ring.Pop(); ok {
					into[0], n = it, 1
				}
				for _, it := range into[:n] {
					if it.number != got || it.inverse != ^got {
						t.Fatalf("item %d came as %+v", got, it)
					}
					got++
				}
				if n == 0 {
					runtime.Gosched()
				}
			}
			if ring.Len() != 0 {
				t.Errorf("%d items too many", ring.Len())
			}
		})
	}
}

// TestSPSCLetsGoOfItems looks whether an item that was taken out can be collected.
func TestSPSCLetsGoOfItems(t *testing.T) {
	ring := newTestSPSC[*int](t, 4)
	ring.PushSlice([]*int{new(int), new(int), new(int)})
	ring.Pop()
	ring.PopSlice(make([]*int, 2))
	for i, p := range ring.items {
		if p != nil {
			t.Errorf("place %d still points to an item", i)
		}
	}
}

// TestSPSCSidesAreApart checks that the fields of the two sides share no cache line,
// nor a pair of them, wherever the ring lies.
func TestSPSCSidesAreApart(t *testing.T) {
	var r SPSC[int]
	ends := []struct {
		name     string
		from, to uintptr
	}{
		{"shared", unsafe.Offsetof(r.items), unsafe.Offsetof(r.mask) + 8},
		{"producer", unsafe.Offsetof(r.tail), unsafe.Offsetof(r.headSeen) + 8},
		{"consumer", unsafe.Offsetof(r.head), unsafe.Offsetof(r.tailSeen) + 8},
		{"neighbour", unsafe.Sizeof(r), 0},
	}
	for i := range ends[:len(ends)-1] {
		if gap := ends[i+1].from - ends[i].to; gap < isolation {
			t.Errorf("%d bytes between %s and %s, want %d", gap, ends[i].name, ends[i+1].name, isolation)
		}
	}
}

func TestNewSPSCRejects(t *testing.T) {
	for _, capacity := range []int{-1, 0, 3, 96, MaxSPSC + 1, 2 * MaxSPSC} {
		if _, err := NewSPSC[int](capacity); !errors.Is(err, ErrConfig) {
			t.Errorf("capacity %d: %v, want ErrConfig", capacity, err)
		}
	}
}

func TestSPSCAllocatesNothing(t *testing.T) {
	ring := newTestSPSC[[4]uint64](t, 64)
	batch := make([][4]uint64, 64)
	if n := testing.AllocsPerRun(100, func() {
		ring.PushSlice(batch)
		ring.PopSlice(batch)
		ring.Push(batch[0])
		ring.Pop()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// benchItem has the size of a packet's description.
type benchItem [2]uint64

// BenchmarkSPSC moves items from one goroutine to another; BenchmarkChannel is what it
// would cost otherwise.
func BenchmarkSPSC(b *testing.B) {
	b.Run("single", func(b *testing.B) {
		ring := newTestSPSC[benchItem](b, 1024)
		handOver(b, func(int) int {
			if ring.Push(benchItem{}) {
				return 1
			}
			return 0
		}, func() int {
			if _, ok := ring.Pop(); ok {
				return 1
			}
			return 0
		})
	})
	b.Run("batch=64", func(b *testing.B) {
		ring := newTestSPSC[benchItem](b, 1024)
		from, into := make([]benchItem, 64), make([]benchItem, 64)
		handOver(b, func(left int) int { return ring.PushSlice(from[:min(len(from), left)]) },
			func() int { return ring.PopSlice(into) })
	})
}

// handOver has one goroutine push b.N items and another pop them. Both say how many they
// moved.
func handOver(b *testing.B, push func(left int) int, pop func() int) {
	move := func(once func(left int) int) {
		for left := b.N; left > 0; {
			n := once(left)
			left -= n
			if n == 0 {
				runtime.Gosched()
			}
		}
	}
	go move(push)
	move(func(int) int { return pop() })
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/item")
}

func BenchmarkChannel(b *testing.B) {
	items := make(chan benchItem, 1024)
	go func() {
		for range b.N {
			items <- benchItem{}
		}
	}()
	for range b.N {
		<-items
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/item")
}
