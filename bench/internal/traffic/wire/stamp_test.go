package wire_test

import (
	"bytes"
	"testing"

	"tunbench/bench/internal/traffic/traffictest"
	"tunbench/bench/internal/traffic/wire"
)

func TestStampLayout(t *testing.T) {
	buf := make([]byte, wire.StampLen+2)
	wire.Stamp{Flow: 0x0102, Seq: 0x030405060708, Intended: 0x0a0b0c0d0e0f}.Put(buf)
	// 0x0102+0x0304+0x0506+0x0708+0x0a0b+0x0c0d+0x0e0f is 0x343b, 0x7462 less that 0x4027.
	want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 0x40, 0x27, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0, 0}
	if !bytes.Equal(buf, want) {
		t.Errorf("got  % x\nwant % x", buf, want)
	}
}

func TestStampFitsSmallestPacket(t *testing.T) {
	if wire.MinSizeIPv6 != 64 || wire.MinSizeIPv4 != 44 {
		t.Errorf("smallest packets are %d and %d bytes, want 44 and 64", wire.MinSizeIPv4, wire.MinSizeIPv6)
	}
}

func TestParseStampRejects(t *testing.T) {
	good := make([]byte, wire.StampLen)
	wire.Stamp{Flow: 1, Seq: 2, Intended: 3}.Put(good)
	damaged := bytes.Clone(good)
	damaged[9] ^= 1
	for name, payload := range map[string][]byte{"empty": nil, "short": good[:wire.StampLen-1], "damaged": damaged} {
		if s, err := wire.ParseStamp(payload); err == nil {
			t.Errorf("%s: got %+v, want an error", name, s)
		}
	}
}

func FuzzStamp(f *testing.F) {
	f.Add(uint16(0), uint64(0), uint64(0))
	f.Add(uint16(0xffff), uint64(1)<<48, uint64(1)<<63|5)
	f.Fuzz(func(t *testing.T, flow uint16, seq, intended uint64) {
		buf := make([]byte, wire.StampLen)
		wire.Stamp{Flow: flow, Seq: seq, Intended: intended}.Put(buf)
		got, err := wire.ParseStamp(buf)
		want := wire.Stamp{Flow: flow, Seq: seq % (1 << 48), Intended: intended % (1 << 48)}
		if err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	})
}

// TestPayloadSum: a whole payload adds up to StampSum whatever its length, and no
// longer when a byte of it changes.
func TestPayloadSum(t *testing.T) {
	for length := wire.StampLen; length < 1500; length += 7 {
		payload := make([]byte, length)
		wire.Stamp{Flow: 7, Seq: uint64(length), Intended: 1 << 40}.Put(payload)
		wire.FillPattern(payload[wire.StampLen:])
		if sum := traffictest.PlainSum(payload); sum != wire.StampSum {
			t.Fatalf("%d bytes: sum %#x, want %#x", length, sum, wire.StampSum)
		}
		for _, at := range []int{0, 8, wire.StampLen - 1, length - 1} {
			payload[at] ^= 0x10
			if traffictest.PlainSum(payload) == wire.StampSum {
				t.Errorf("%d bytes: a flipped bit at %d does not show", length, at)
			}
			payload[at] ^= 0x10
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte{1})
	f.Add(bytes.Repeat([]byte{0xff}, 17))
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, want := wire.Sum(b), traffictest.PlainSum(b); got != want {
			t.Errorf("%#x, want %#x", got, want)
		}
	})
}
