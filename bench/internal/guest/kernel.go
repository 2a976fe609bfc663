package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Kernel is a kernel to boot.
type Kernel struct {
	Name    string // as the user calls it
	Package string // version and suite of a package; empty for files of the user's own
	Image   string // a bzImage
	Modules string // the folder with its .ko files; empty where all is built in
}

// KernelFiles is a kernel of somebody's own build. A module folder may be what "make modules_install INSTALL_MOD_PATH=DIR" left, or
// lib/modules/RELEASE of it.
func KernelFiles(image, modules string) (Kernel, error) {
	if info, err := os.Stat(image); err != nil {
		return Kernel{}, fmt.Errorf("find kernel image: %w", err)
	} else if info.IsDir() {
		return Kernel{}, fmt.Errorf("find kernel image: %s is a folder: name the file, as in arch/x86/boot/bzImage", image)
	}
	if modules != "" {
		if info, err := os.Stat(modules); err != nil {
			return Kernel{}, fmt.Errorf("find kernel modules: %w", err)
		} else if !info.IsDir() {
			return Kernel{}, fmt.Errorf("find kernel modules: %s is no folder", modules)
		}
	}
	return Kernel{Name: filepath.Base(image), Image: image, Modules: modules}, nil
}

// unpackedKernel finds a kernel in an unpacked package: under boot and lib/modules, or since 6.19 under usr/lib/modules.
func unpackedKernel(root, release string) (Kernel, error) {
	var k Kernel
	for _, image := range []string{"boot/vmlinuz-" + release, "usr/lib/modules/" + release + "/vmlinuz"} {
		if _, err := os.Stat(filepath.Join(root, image)); err == nil {
			k.Image = filepath.Join(root, image)
			break
		}
	}
	for _, modules := range []string{"lib/modules/" + release, "usr/lib/modules/" + release} {
		if _, err := os.Stat(filepath.Join(root, modules, "kernel")); err == nil {
			k.Modules = filepath.Join(root, modules)
			break
		}
	}
	var lacks []string
	if k.Image == "" {
		lacks = append(lacks, "a kernel image")
	}
	if k.Modules == "" {
		lacks = append(lacks, "modules")
	}
	if len(lacks) > 0 {
		return Kernel{}, fmt.Errorf("find kernel %s in %s: there is not %s: remove that folder and try again", release, root, strings.Join(lacks, " and "))
	}
	return k, nil
}
