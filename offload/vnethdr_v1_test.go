package offload

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// codec is what the forms of the header have in common.
type codec interface {
	Decode(b []byte) error
	Encode(b []byte) error
}

func TestVnetHdrForms(t *testing.T) {
	// Distinct values in every byte, so that a swapped field shows; the byte order
	// of the first 12 bytes is left to TestVnetHdrLayout.
	v1 := VnetHdrV1{
		VnetHdr:    VnetHdr{Flags: 0x01, GSOType: 0x02, HdrLen: 0x0303, GSOSize: 0x0404, CsumStart: 0x0505, CsumOffset: 0x0606},
		NumBuffers: 0x0707,
	}
	tunnel := VnetHdrV1HashTunnel{
		VnetHdrV1: v1, HashValueLo: 0x1110, HashValueHi: 0x1312, HashReport: 0x1514, Padding: 0x1716,
		OuterTHOffset: 0x1918, InnerNHOffset: 0x1b1a,
	}
	first := []byte{1, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7}
	for _, tc := range []struct {
		name string
		hdr  codec
		back codec
		want []byte
	}{
		{"v1", &v1, new(VnetHdrV1), first},
		{"v1 hash tunnel", &tunnel, new(VnetHdrV1HashTunnel), append(bytes.Clone(first),
			0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := make([]byte, len(tc.want))
			if err := tc.hdr.Encode(b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, b); diff != "" {
				t.Errorf("encoded (-want +got):\n%s", diff)
			}
			if err := tc.back.Decode(b); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.hdr, tc.back); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			short := b[:len(b)-1]
			if err := tc.hdr.Encode(short); !errors.Is(err, ErrShortVnetHdr) {
				t.Errorf("Encode into %d bytes: %v, want ErrShortVnetHdr", len(short), err)
			}
			if err := tc.back.Decode(short); !errors.Is(err, ErrShortVnetHdr) {
				t.Errorf("Decode of %d bytes: %v, want ErrShortVnetHdr", len(short), err)
			}
		})
	}
}
