package guest

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/cavaliergopher/cpio"
)

// Where things are in the guest.
const (
	initPath   = "/init"
	ordersPath = "/orders.json"
	moduleDir  = "/modules"
	programDir = "/bin"
	resultsDir = "/results"
)

// orders are what the guest shall do.
type orders struct {
	Modules  []string   `json:"modules"` // names, in the order of loading
	Commands [][]string `json:"commands"`
	Spoken   bool       `json:"spoken,omitempty"` // the host sends the standard input of the one command
}

// writeInitramfs packs programs, this one as /init, modules, and orders that it completes with their names into a newc archive (Documentation/driver-api/early-userspace/
// buffer-format.rst). It is not compressed: in emulation, unpacking would take longer than copying. /dev/console comes with the
// kernel (usr/default_cpio_list).
func writeInitramfs(w io.Writer, programs []program, modules []module, o orders) error {
	archive := cpio.NewWriter(w)
	for _, dir := range []string{"dev", "proc", "sys", "run", "tmp", "root", "etc", "bin", "modules", "results"} {
		if err := archive.WriteHeader(&cpio.Header{Name: dir, Mode: cpio.TypeDir | 0o755, Links: 2}); err != nil {
			return fmt.Errorf("pack folder %s: %w", dir, err)
		}
	}
	for _, p := range programs {
		if err := pack(archive, p.path, 0o755, p.code); err != nil {
			return err
		}
	}
	for _, m := range modules {
		o.Modules = append(o.Modules, m.name)
		if err := pack(archive, moduleFile(m.name), 0o644, m.code); err != nil {
			return err
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("encode orders: %w", err)
	}
	if err := pack(archive, ordersPath, 0o644, text); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("end initramfs: %w", err)
	}
	return nil
}

func moduleFile(name string) string { return moduleDir + "/" + name + ".ko" }

func pack(archive *cpio.Writer, path string, mode cpio.FileMode, content []byte) error {
	err := archive.WriteHeader(&cpio.Header{Name: path[1:], Mode: cpio.TypeReg | mode, Links: 1, Size: int64(len(content))})
	if err == nil {
		_, err = archive.Write(content)
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", path, err)
	}
	return nil
}
