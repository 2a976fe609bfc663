package guest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// fakeModule is the least ELF file with a section .modinfo.
func fakeModule(modinfo ...string) []byte {
	info := []byte(strings.Join(modinfo, "\x00") + "\x00")
	names := []byte("\x00.modinfo\x00.shstrtab\x00")
	var b bytes.Buffer
	const header, sectionHeader = 64, 64
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	sections := uint64(header + len(info) + len(names))
	b.WriteString("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 9))
	put(uint16(1), uint16(62), uint32(1), uint64(0), uint64(0), sections, uint32(0), uint16(header), uint16(0), uint16(0), uint16(sectionHeader), uint16(3), uint16(2))
	b.Write(info)
	b.Write(names)
	section := func(name, kind uint32, offset, size int) {
		put(name, kind, uint64(0), uint64(0), uint64(offset), uint64(size), uint32(0), uint32(0), uint64(1), uint64(0))
	}
	section(0, 0, 0, 0)
	section(1, 1, header, len(info))
	section(10, 3, header+len(info), len(names))
	return b.Bytes()
}

func TestModulesComeAfterWhatTheyNeed(t *testing.T) {
	dir := t.TempDir()
	for path, info := range map[string][]string{
		"kernel/drivers/net/vxlan/vxlan.ko.xz":        {"license=GPL", "depends=udp_tunnel,ip6_udp_tunnel"},
		"kernel/net/ipv4/udp_tunnel.ko.zst":           {"depends="},
		"kernel/net/ipv6/ip6_udp_tunnel.ko":           {"depends=udp_tunnel"},
		"kernel/drivers/char/hw_random/virtio-rng.ko": {"depends=virtio,virtio-ring"},
		"kernel/drivers/virtio/virtio.ko.gz":          {"depends=virtio_ring", "softdep=pre: early post: late"},
		"kernel/drivers/virtio/virtio_ring.ko":        {"depends=virtio"}, // a circle must not hang it
		"kernel/lib/early.ko":                         {},
		"kernel/lib/late.ko":                          {},
		"kernel/other.ko":                             {},
	} {
		writeModule(t, filepath.Join(dir, path), fakeModule(info...))
	}
	writeModule(t, filepath.Join(dir, "modules.order"), nil)
	order, err := loadOrder(dir, []string{"vxlan", "virtio_rng", "built_in", "udp_tunnel"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range order {
		names = append(names, m.name)
		if !bytes.HasPrefix(m.code, []byte("\x7fELF")) {
			t.Errorf("%s is not decompressed", m.name)
		}
	}
	if got, want := strings.Join(names, " "), "udp_tunnel ip6_udp_tunnel vxlan virtio_ring early virtio virtio_rng"; got != want {
		t.Errorf("order is %s\nwant     %s", got, want)
	}
}

func TestBrokenModuleIsNamed(t *testing.T) {
	for file, content := range map[string][]byte{"tun.ko": []byte("no ELF"), "tun.ko.xz": []byte("no xz"), "tun.ko.zst": []byte("no zstd"), "tun.ko.gz": nil} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := loadOrder(dir, []string{"tun"}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// writeModule compresses as the name says.
func writeModule(t *testing.T, path string, code []byte) {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	var err error
	switch filepath.Ext(path) {
	case ".xz":
		w, err = xz.NewWriter(&b)
	case ".zst":
		w, err = zstd.NewWriter(&b)
	case ".gz":
		w = gzip.NewWriter(&b)
	}
	if err != nil {
		t.Fatal(err)
	}
	if w == nil {
		b.Write(code)
	} else {
		if _, err := w.Write(code); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
