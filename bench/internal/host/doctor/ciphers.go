package doctor

import (
	"slices"
	"strings"

	"tunbench/bench/internal/host"
)

// ciphers looks for the instructions that AES-GCM and ChaCha20-Poly1305 are fast with. Of processors other than x86 it
// knows nothing.
func ciphers(m host.Machine) Check {
	const name = "cipher instructions"
	needed, welcome := []string{"aes", "pclmulqdq", "avx2"}, []string{"vaes", "vpclmulqdq"}
	flags, known := m.CPUFlags()
	if !known {
		return unknown(name, "/proc/cpuinfo has no flags of an x86 processor")
	}
	var has, lacks []string
	for _, flag := range append(needed, welcome...) {
		if slices.Contains(flags, flag) {
			has = append(has, flag)
		} else if slices.Contains(needed, flag) {
			lacks = append(lacks, flag)
		}
	}
	if len(lacks) > 0 {
		return distorts(name, "no "+strings.Join(lacks, ", "), "a tunnel that encrypts is several times slower than on other hosts, its cipher is its limit",
			"use a CPU that has them; in a virtual machine let the guest see them (QEMU: -cpu host)")
	}
	return ok(name, strings.Join(has, ", "))
}
