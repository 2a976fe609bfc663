package traffic

import (
	"bytes"
	"testing"
)

func TestStampLayout(t *testing.T) {
	buf := make([]byte, StampLen+2)
	Stamp{Flow: 0x0102, Seq: 0x030405060708, Intended: 0x0a0b0c0d0e0f}.Put(buf)
	want := []byte{1, 2, 3, 4, 5, 6, 7, 8, 't', 'b', 0xa, 0xb, 0xc, 0xd, 0xe, 0xf, 0, 0}
	if !bytes.Equal(buf, want) {
		t.Errorf("got  % x\nwant % x", buf, want)
	}
}

func TestStampFitsSmallestPacket(t *testing.T) {
	if MinSizeIPv6 != 64 || MinSizeIPv4 != 44 {
		t.Errorf("smallest packets are %d and %d bytes, want 44 and 64", MinSizeIPv4, MinSizeIPv6)
	}
}

func TestParseStampRejects(t *testing.T) {
	good := make([]byte, StampLen)
	Stamp{Flow: 1, Seq: 2, Intended: 3}.Put(good)
	badMagic := bytes.Clone(good)
	badMagic[9] ^= 1
	for name, payload := range map[string][]byte{"empty": nil, "short": good[:StampLen-1], "magic": badMagic} {
		if s, err := ParseStamp(payload); err == nil {
			t.Errorf("%s: got %+v, want an error", name, s)
		}
	}
}

func FuzzStamp(f *testing.F) {
	f.Add(uint16(0), uint64(0), uint64(0))
	f.Add(uint16(0xffff), uint64(1)<<48, uint64(1)<<63|5)
	f.Fuzz(func(t *testing.T, flow uint16, seq, intended uint64) {
		buf := make([]byte, StampLen)
		Stamp{Flow: flow, Seq: seq, Intended: intended}.Put(buf)
		got, err := ParseStamp(buf)
		want := Stamp{Flow: flow, Seq: seq % (1 << 48), Intended: intended % (1 << 48)}
		if err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	})
}
