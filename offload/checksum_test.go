package offload

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"
)

// slowSum is RFC 1071 word by word, carries brought in at once.
func slowSum(b []byte, initial uint16) uint16 {
	sum := uint32(initial)
	for i, v := range b {
		if i%2 == 0 {
			sum += uint32(v) << 8
		} else {
			sum += uint32(v)
		}
		if sum > 0xffff {
			sum -= 0xffff
		}
	}
	return uint16(sum)
}

// wordSum is Sum without AVX2.
func wordSum(b []byte, initial uint16) uint16 {
	return toNative(fold(sumWords(b, uint64(toNative(initial)))))
}

// sameSum compares sums, of which 0 and 0xffff are the same number.
func sameSum(a, b uint16) bool { return a%0xffff == b%0xffff }

func TestSumExample(t *testing.T) {
	// The example of RFC 1071, section 3.
	if got := Sum([]byte{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7}, 0); got != 0xddf2 {
		t.Errorf("Sum = %#x, want 0xddf2", got)
	}
}

// TestSumLengths goes through every length around the steps of each loop, at all
// alignments, with bytes that produce carries everywhere.
func TestSumLengths(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	mem := make([]byte, 70000)
	for _, fill := range []string{"ones", "random"} {
		for i := range mem {
			mem[i] = 0xff
			if fill == "random" {
				mem[i] = byte(random.Uint32())
			}
		}
		check := func(start, n int, initial uint16) {
			t.Helper()
			b := mem[start:][:n]
			want := slowSum(b, initial)
			if got := Sum(b, initial); !sameSum(got, want) {
				t.Fatalf("%s: Sum of %d bytes at %d, from %#x = %#x, want %#x", fill, n, start, initial, got, want)
			}
			// The way of a CPU without AVX2, too.
			if got := wordSum(b, initial); !sameSum(got, want) {
				t.Fatalf("%s: wordSum of %d bytes at %d, from %#x = %#x, want %#x", fill, n, start, initial, got, want)
			}
		}
		for n := range 450 {
			for start := range 33 {
				check(start, n, uint16(random.Uint32()))
			}
		}
		for _, n := range []int{1400, 1401, 8999, 65535, 65536} {
			for start := range 64 {
				check(start, n, 0xffff)
			}
		}
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte{}, uint16(0), uint16(0))
	f.Add([]byte{0xff}, uint16(0xffff), uint16(1))
	f.Add(make([]byte, 300), uint16(1), uint16(256))
	f.Fuzz(func(t *testing.T, b []byte, initial, split uint16) {
		want := slowSum(b, initial)
		if got := Sum(b, initial); !sameSum(got, want) {
			t.Fatalf("Sum = %#x, want %#x", got, want)
		}
		if len(b) == 0 {
			return
		}
		cut := int(split) % len(b) &^ 1
		if got := Sum(b[cut:], Sum(b[:cut], initial)); !sameSum(got, want) {
			t.Fatalf("Sum in two pieces, cut at %d, = %#x, want %#x", cut, got, want)
		}
	})
}

func TestPseudoSum(t *testing.T) {
	for _, version := range []uint8{4, 6} {
		p := plainPacket(version, unix.IPPROTO_UDP, 33)
		var h Headers
		if f := h.Parse(p, 0); f != FaultNone {
			t.Fatal(f)
		}
		var pseudo []byte
		if version == 4 {
			pseudo = append(pseudo, p[12:20]...)
			pseudo = append(pseudo, 0, unix.IPPROTO_UDP)
			pseudo = binary.BigEndian.AppendUint16(pseudo, 41)
		} else {
			pseudo = append(pseudo, p[8:40]...)
			pseudo = binary.BigEndian.AppendUint32(pseudo, 41)
			pseudo = append(pseudo, 0, 0, 0, unix.IPPROTO_UDP)
		}
		if got, want := h.PseudoSum(p, 41), slowSum(pseudo, 0); !sameSum(got, want) {
			t.Errorf("IPv%d: PseudoSum = %#x, want %#x", version, got, want)
		}
	}
}

func TestVerifyL4(t *testing.T) {
	udpCheck := func(p []byte, v uint16) []byte {
		binary.BigEndian.PutUint16(p[len(p)-33-2:], v)
		return p
	}
	flip := func(p []byte) []byte {
		p[len(p)-1] ^= 0x10
		return p
	}
	for _, tc := range []struct {
		name   string
		packet []byte
		want   Verdict
	}{
		{"tcp4", plainPacket(4, unix.IPPROTO_TCP, 33), ChecksumGood},
		{"tcp6", plainPacket(6, unix.IPPROTO_TCP, 1400), ChecksumGood},
		{"udp4", plainPacket(4, unix.IPPROTO_UDP, 33), ChecksumGood},
		{"udp6", plainPacket(6, unix.IPPROTO_UDP, 33), ChecksumGood},
		{"padded", append(plainPacket(4, unix.IPPROTO_UDP, 3), 1, 2, 3), ChecksumGood},
		{"tcp4 flipped", flip(plainPacket(4, unix.IPPROTO_TCP, 33)), ChecksumBad},
		{"udp6 flipped", flip(plainPacket(6, unix.IPPROTO_UDP, 1)), ChecksumBad},
		{"udp4 without", udpCheck(plainPacket(4, unix.IPPROTO_UDP, 33), 0), ChecksumNone},
		{"udp6 without", udpCheck(plainPacket(6, unix.IPPROTO_UDP, 33), 0), ChecksumBad},
		{"icmp", plainPacket(4, unix.IPPROTO_ICMP, 33), ChecksumNone},
		{"fragment", fragmented(plainPacket(4, unix.IPPROTO_TCP, 33)), ChecksumNone},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var h Headers
			if f := h.Parse(tc.packet, 0); f != FaultNone {
				t.Fatal(f)
			}
			if got := VerifyL4(tc.packet, &h); got != tc.want {
				t.Errorf("VerifyL4 = %v, want %v", got, tc.want)
			}
		})
	}
}

func BenchmarkSum(b *testing.B) {
	for _, n := range []int{20, 64, 576, 1400, 9000, 65000} {
		mem := make([]byte, n)
		for _, way := range []struct {
			name string
			sum  func([]byte, uint16) uint16
		}{{"best", Sum}, {"words", wordSum}} {
			b.Run(fmt.Sprintf("bytes=%d/way=%s", n, way.name), func(b *testing.B) {
				b.SetBytes(int64(n))
				for b.Loop() {
					way.sum(mem, 1)
				}
			})
		}
	}
}

func BenchmarkVerifyL4(b *testing.B) {
	for _, version := range []uint8{4, 6} {
		for _, payload := range []int{18, 1372} {
			packet := plainPacket(version, unix.IPPROTO_UDP, payload)
			b.Run(fmt.Sprintf("ip=%d/bytes=%d", version, len(packet)), func(b *testing.B) {
				b.SetBytes(int64(len(packet)))
				b.ReportAllocs()
				var h Headers
				h.Parse(packet, 0)
				for b.Loop() {
					if VerifyL4(packet, &h) != ChecksumGood {
						b.Fatal("not good")
					}
				}
			})
		}
	}
}
