package guest

import (
	"os/exec"
	"strconv"
	"strings"
)

// Accel is how QEMU runs the guest's instructions.
type Accel string

// The ways to run a guest.
const (
	Auto     Accel = "auto" // KVM where a guest starts with it, else emulation
	KVM      Accel = "kvm"
	Emulated Accel = "tcg" // every instruction translated: slow, and no figure means anything
)

const qemuProgram = "qemu-system-x86_64"

// Machine is what a guest gets.
type Machine struct {
	CPUs      int
	MemoryMiB int
}

// DefaultMachine has as many CPUs as a forwarder and a generator need.
var DefaultMachine = Machine{CPUs: 2, MemoryMiB: 900}

// FindQEMU returns an *UnsupportedError where QEMU is missing.
func FindQEMU() error {
	if _, err := exec.LookPath(qemuProgram); err != nil {
		return &UnsupportedError{qemuProgram, "install the package qemu-system-x86"}
	}
	return nil
}

// qemuArgs start a guest that has no disk and no screen, and no network but the NIC. Its first serial line, the console, goes to a file; its second,
// the frames, to QEMU's standard output. It ends instead of starting again. Linux panics when it finds at its start that timer interrupts do not
// come, which on a busy host that emulates may seem so: no_timer_check keeps it from looking. Its ciphers' tests of themselves would take seconds.
func qemuArgs(m Machine, accel Accel, image, initramfs, console string, nic *NIC) []string {
	how := "tcg,thread=multi"
	if accel == KVM {
		how = "kvm"
	}
	args := []string{
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-M", "q35", "-accel", how, "-cpu", "max", "-smp", strconv.Itoa(m.CPUs), "-m", strconv.Itoa(m.MemoryMiB),
		"-device", "virtio-rng-pci",
		"-chardev", "file,id=console,path=" + strings.ReplaceAll(console, ",", ",,"), "-serial", "chardev:console",
		"-chardev", "stdio,id=frames,signal=off", "-serial", "chardev:frames",
		"-kernel", image, "-initrd", initramfs,
		"-append", "console=ttyS0 rdinit=" + initPath + " panic=-1 loglevel=6 random.trust_cpu=on no_timer_check cryptomgr.notests",
	}
	return append(args, nic.args()...)
}
