package guest

import (
	"bytes"
	"compress/gzip"
	"debug/elf"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// wantedModules are those that a scene, a generator or a program of others may need. A kernel that has one built in, or not at all,
// boots without it: tunbench finds out by trying.
var wantedModules = []string{
	"virtio_pci", "virtio_rng", "af_packet", "ipv6",
	"tun", "tap", "veth", "dummy", "ifb", "bridge", "8021q", "macvlan", "ipvlan", "vxlan", "geneve", "ipip", "ip_gre", "wireguard",
	"sch_ingress", "sch_tbf", "sch_htb", "sch_prio", "sch_multiq", "sch_fq", "sch_fq_codel", "sch_sfq", "sch_netem",
	"cls_bpf", "cls_u32", "cls_matchall", "cls_flower", "cls_basic",
	"act_bpf", "act_mirred", "act_gact", "act_police", "act_skbedit",
}

// module is one kernel module, ready to be loaded.
type module struct {
	name string // with underscores
	code []byte // ELF, decompressed
}

// loadOrder returns the wanted modules that the folder has, with all that they need, each after what it needs itself. What a module
// needs is in its own .modinfo: packages have no modules.dep, which depmod makes when they are installed.
func loadOrder(dir string, wanted []string) ([]module, error) {
	if dir == "" {
		return nil, nil
	}
	files, err := moduleFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("look for modules: %w", err)
	}
	var (
		order []module
		seen  = map[string]bool{}
		visit func(name string) error
	)
	visit = func(name string) error {
		name = moduleName(name)
		path, has := files[name]
		if !has || seen[name] {
			return nil
		}
		seen[name] = true
		code, err := readModule(path)
		if err != nil {
			return fmt.Errorf("read module %s: %w", path, err)
		}
		needs, err := moduleNeeds(code)
		if err != nil {
			return fmt.Errorf("read module %s: %w", path, err)
		}
		for _, need := range needs {
			if err := visit(need); err != nil {
				return err
			}
		}
		order = append(order, module{name, code})
		return nil
	}
	for _, name := range wanted {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return order, nil
}

// moduleName is a module as the kernel calls it: file names may have hyphens.
func moduleName(name string) string { return strings.ReplaceAll(name, "-", "_") }

// moduleFiles maps the name of each module below a folder to its file.
func moduleFiles(dir string) (map[string]string, error) {
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name, kind, is := strings.Cut(entry.Name(), ".ko"); is && entry.Type().IsRegular() {
			if _, known := decompressors[kind]; known {
				files[moduleName(name)] = path
			}
		}
		return nil
	})
	return files, err
}

// decompressors are by what follows .ko in a module's name.
var decompressors = map[string]func(io.Reader) (io.Reader, error){
	"":     func(r io.Reader) (io.Reader, error) { return r, nil },
	".xz":  func(r io.Reader) (io.Reader, error) { return xz.NewReader(r) },
	".gz":  func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	".zst": func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r, zstd.WithDecoderConcurrency(1)) },
}

// readModule decompresses here, where it is fast, so that no kernel needs to know how.
func readModule(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	_, kind, _ := strings.Cut(filepath.Base(path), ".ko")
	r, err := decompressors[kind](f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// moduleNeeds reads the names behind "depends=" and "softdep=pre:" in the section .modinfo, which is a list of strings that end in NUL
// (include/linux/moduleparam.h).
func moduleNeeds(code []byte) (names []string, err error) {
	file, err := elf.NewFile(bytes.NewReader(code))
	if err != nil {
		return nil, err
	}
	section := file.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("no section .modinfo: this is no kernel module")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(string(info), "\x00") {
		key, value, _ := strings.Cut(entry, "=")
		switch key {
		case "depends":
			names = append(names, strings.FieldsFunc(value, func(r rune) bool { return r == ',' })...)
		case "softdep":
			if before, is := strings.CutPrefix(value, "pre:"); is {
				before, _, _ = strings.Cut(before, "post:")
				names = append(names, strings.Fields(before)...)
			}
		}
	}
	return names, nil
}
