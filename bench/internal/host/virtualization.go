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

// Virtualization names the hypervisor this kernel runs on: its name, "vm" when
// there is an unnamed one, "none" on bare metal, and "" when it cannot be told.
func (m Machine) Virtualization() string {
	for _, mark := range hypervisorMarks() {
		if text, err := m.Read(mark.file); err == nil && strings.Contains(text, mark.contains) {
			return mark.name
		}
	}
	flags, known := m.CPUFlags()
	switch {
	case slices.Contains(flags, "hypervisor"):
		return "vm"
	case known || m.exists("sys/class/dmi/id/sys_vendor"):
		return "none"
	default:
		return ""
	}
}

// Emulated says whether QEMU translates every instruction: the models of its translator say so ("QEMU TCG CPU version 2.5+",
// target/i386/cpu.c), unless they were told to look like another CPU.
func (m Machine) Emulated() bool { return strings.Contains(m.cpuModel(), "QEMU TCG") }

// CPUFlags are the flags line of x86's /proc/cpuinfo, as the first CPU has it; known is false for other architectures.
func (m Machine) CPUFlags() (flags []string, known bool) {
	fs, err := m.Procfs()
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
