package faulty

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// TestLaneKeepsOrder pushes and pops at random and compares with what a plain list
// would do.
func TestLaneKeepsOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var l lane
	var want [][]byte
	for now := time.Duration(0); now < 20000; now++ {
		// Longer and longer, then shorter and shorter.
		if filling := now < 10000; random.IntN(10) < 6 == filling {
			packet := bytes.Repeat([]byte{byte(now)}, random.IntN(300)+1)
			l.push(now, packet)
			want = append(want, bytes.Clone(packet))
			packet[0]++ // the lane has a copy
			continue
		}
		if _, ok := l.due(); ok != (len(want) > 0) {
			t.Fatalf("a packet is due: %v, want %d", ok, len(want))
		} else if !ok {
			continue
		}
		if got := l.pop(); !bytes.Equal(got, want[0]) {
			t.Fatalf("popped % x, want % x", got, want[0])
		}
		want = want[1:]
	}
	if len(want) > 0 == l.empty() {
		t.Errorf("lane is empty: %v, want %d packets", l.empty(), len(want))
	}
}

func TestLaneLengths(t *testing.T) {
	var l lane
	for _, length := range []int{0, 1, 128, 129, 9014, 1 << 16, packetLen} {
		l.push(0, make([]byte, length))
		if got := len(l.pop()); got != length {
			t.Errorf("popped %d bytes, want %d", got, length)
		}
	}
}

// TestLaneAllocatesOnce: filled once, a lane holds as many again without allocating,
// while packets come and go.
func TestLaneAllocatesOnce(t *testing.T) {
	var l lane
	packet := make([]byte, 1500)
	for range 1000 {
		l.push(0, packet)
	}
	if n := testing.AllocsPerRun(10000, func() {
		l.pop()
		l.push(0, packet)
	}); n > 0 {
		t.Errorf("%v allocations per packet", n)
	}
}
