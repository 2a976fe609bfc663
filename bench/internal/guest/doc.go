// Package guest boots kernels in QEMU and runs this program in them.
//
// A [Kernel] is a kernel image with its modules: a Debian package that [Archive] downloads and unpacks, or files of somebody's own
// build. [Boot] packs the program and the modules that it needs into an initramfs, starts QEMU, and returns what each command
// wrote, its exit code and the files it left. In the guest the same program is process 1: see [IsInit] and [Init]. The two talk
// through a second serial line, in frames with a checksum.
//
// Nothing is installed, and nothing runs as another user: what this needs is QEMU and, for packages, apt and dpkg-deb.
package guest
