package host

import (
	"slices"
	"strings"
)

// hypervisorMark is a file whose content gives a hypervisor away.
type hypervisorMark struct{ file, contains, name string }

// hypervisorMarks are in the order of how much they can be trusted.
func hypervisorMarks() []hypervisorMark {
	const (
		clocks  = clocksourceDir + "available_clocksource"
		vendor  = "sys/class/dmi/id/sys_vendor"
		product = "sys/class/dmi/id/product_name"
		tree    = "proc/device-tree/hypervisor/compatible"
	)
	return []hypervisorMark{
		{"sys/hypervisor/type", "xen", "xen"},
		{clocks, "kvm-clock", "kvm"},
		{clocks, "hyperv", "hyper-v"},
		{tree, "kvm", "kvm"},
		{tree, "xen", "xen"},
		{vendor, "QEMU", "qemu"},
		{vendor, "VMware", "vmware"},
		{vendor, "innotek", "virtualbox"},
		{product, "KVM", "kvm"},
		{product, "Google Compute Engine", "kvm"},
	}
}

// virtualization names the hypervisor this kernel runs on: its name, "vm" when
// there is an unnamed one, "none" on bare metal, and "" when it cannot be told.
func (m machine) virtualization() string {
	for _, mark := range hypervisorMarks() {
		if text, err := m.read(mark.file); err == nil && strings.Contains(text, mark.contains) {
			return mark.name
		}
	}
	flags, known := m.cpuFlags()
	switch {
	case slices.Contains(flags, "hypervisor"):
		return "vm"
	case known || m.exists("sys/class/dmi/id/sys_vendor"):
		return "none"
	default:
		return ""
	}
}

// emulated says whether QEMU translates every instruction: the models of its translator say so ("QEMU TCG CPU version 2.5+",
// target/i386/cpu.c), unless they were told to look like another CPU.
func (m machine) emulated() bool { return strings.Contains(m.cpuModel(), "QEMU TCG") }

// cpuFlags are the flags line of x86's /proc/cpuinfo; other architectures have
// no flag for a hypervisor, which is what known tells.
func (m machine) cpuFlags() (flags []string, known bool) {
	fs, err := m.procfs()
	if err != nil {
		return nil, false
	}
	infos, err := fs.CPUInfo()
	if err != nil || len(infos) == 0 {
		return nil, false
	}
	// Every x86 CPU of this century lists fpu, and no other architecture does.
	return infos[0].Flags, slices.Contains(infos[0].Flags, "fpu")
}

func (m machine) virtual() Check {
	const name = "virtualization"
	if m.emulated() {
		return distorts(name, "emulated by QEMU", "every instruction is translated: no figure tells how fast anything is", "measure where KVM works")
	}
	switch v := m.virtualization(); v {
	case "":
		return unknown(name, "neither CPU flags nor firmware tables tell")
	case "none":
		return ok(name, v)
	default:
		return distorts(name, v, "neighbours share caches, memory and time; absolute figures vary from hour to hour",
			"trust interleaved comparisons, not figures of different times")
	}
}
