package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// beConfined makes this test binary take things from itself and then be what it would be
// without: the words say what.
const beConfined = "TUNBENCH_TEST_CONFINED"

// confined runs tunbench on a host that lacks something, or as a user that does.
func confined(t *testing.T, words string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd, errOut := confinedCommand(t, words, args...)
	return toItsEnd(t, cmd), cmd.Stdout.(*bytes.Buffer).String(), errOut.String()
}

// confinedCommand prepares that. No words: it lacks nothing.
func confinedCommand(t *testing.T, words string, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	cmd, _, stderr = command(t, args...)
	if words != "" {
		cmd.Env = append(cmd.Env, beConfined+"="+words)
	}
	if strings.Contains(words, "user=") || strings.Contains(words, "with=") {
		cmd.Path = readableByAll(t, cmd.Path)
	}
	return cmd, stderr
}

// confineAndExec does to the calling thread what the words say and executes the program
// anew, which leaves it with this thread alone.
func confineAndExec(words string) {
	runtime.LockOSThread()
	self, err := os.Executable()
	for _, word := range strings.Fields(words) {
		if err == nil {
			err = confine(word)
		}
	}
	if err == nil {
		os.Unsetenv(beConfined)
		err = unix.Exec(self, os.Args, os.Environ())
	}
	fmt.Fprintf(os.Stderr, "confine %s: %v\n", words, err)
	os.Exit(99)
}

// confine obeys one word:
//
//	mounts          what is mounted from now on is seen by nobody else
//	tmpfs=DIR       an empty file system on DIR
//	readonly=DIR    an empty one that cannot be written to
//	gone=DIR        nothing on DIR any more
//	file=PATH       a plain file in its place
//	bind=FROM:PATH  what is at FROM in its place
//	node=MODE       a node of the TUN driver's with this mode in the place of the usual one
//	netns=PATH      in this network namespace
//	cgroup=DIR      in this group
//	drop=N          without capability number N
//	limit=N:MAX     resource limit number N
//	errno=NR:E      system call number NR answers with error number E, always
//	user=ID         as this user and group
//	with=ID:N,M     as this user and group, with these capabilities, by number, and without any other for good
//	only=FILE       a system call whose number is not in FILE, one a line, is not permitted
func confine(word string) error {
	name, value, _ := strings.Cut(word, "=")
	first, second, _ := strings.Cut(value, ":")
	number, _ := strconv.Atoi(first)
	other, _ := strconv.Atoi(second)
	switch name {
	case "mounts":
		if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
			return err
		}
		return unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, "")
	case "tmpfs":
		return unix.Mount("tunbench-test", value, "tmpfs", 0, "")
	case "readonly":
		return unix.Mount("tunbench-test", value, "tmpfs", unix.MS_RDONLY, "")
	case "gone":
		return unix.Unmount(value, unix.MNT_DETACH)
	case "file":
		return inPlaceOf(value, func(path string) error { return os.WriteFile(path, nil, 0o666) })
	case "bind":
		return unix.Mount(first, second, "", unix.MS_BIND, "")
	case "node":
		mode, err := strconv.ParseUint(value, 8, 32)
		if err != nil {
			return err
		}
		return inPlaceOf("/dev/net/tun", func(path string) error {
			if err := unix.Mknod(path, unix.S_IFCHR|uint32(mode), int(unix.Mkdev(10, 200))); err != nil {
				return err
			}
			return os.Chmod(path, os.FileMode(mode)) // whatever the umask is
		})
	case "netns":
		fd, err := unix.Open(value, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		return unix.Setns(fd, unix.CLONE_NEWNET)
	case "cgroup":
		return os.WriteFile(filepath.Join(value, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0)
	case "drop":
		// Root has after exec(2) what the bounding set leaves it.
		return unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(number), 0, 0, 0)
	case "limit":
		return unix.Setrlimit(number, &unix.Rlimit{Cur: uint64(other), Max: uint64(other)})
	case "errno":
		return refuseCall(uint32(number), uint32(other))
	case "user":
		// This thread's alone, as it is to be.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
			return errno
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGID, uintptr(number), 0, 0); errno != 0 {
			return errno
		}
		if _, _, errno := unix.RawSyscall(unix.SYS_SETUID, uintptr(number), 0, 0); errno != 0 {
			return errno
		}
		return nil
	}
	switch name {
	case "with":
		return withCapabilities(number, second)
	case "only":
		return allowCalls(value)
	}
	return fmt.Errorf("no such word: %s", word)
}

// withCapabilities makes the calling thread another user's that has these capabilities, and will after exec(2), as a unit of systemd with the
// same CapabilityBoundingSet and AmbientCapabilities.
func withCapabilities(id int, list string) error {
	var set [2]unix.CapUserData
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if strings.Contains(","+list+",", fmt.Sprint(",", c, ",")) {
			bit := uint32(1) << (c % 32)
			set[c/32] = unix.CapUserData{Effective: set[c/32].Effective | bit, Permitted: set[c/32].Permitted | bit, Inheritable: set[c/32].Inheritable | bit}
		} else if err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0); err != nil && err != unix.EINVAL {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_KEEPCAPS, 1, 0, 0, 0); err != nil {
		return err
	}
	if err := confine(fmt.Sprint("user=", id)); err != nil {
		return err
	}
	if err := unix.Capset(&unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}, &set[0]); err != nil {
		return err
	}
	for c := range uintptr(unix.CAP_LAST_CAP + 1) {
		if set[c/32].Permitted&(1<<(c%32)) != 0 {
			if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_RAISE, c, 0, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// inPlaceOf mounts what make makes on path.
func inPlaceOf(path string, make func(path string) error) error {
	dir, err := os.MkdirTemp("", "tunbench-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // the mount stays
	source := filepath.Join(dir, "source")
	if err := make(source); err != nil {
		return err
	}
	return unix.Mount(source, path, "", unix.MS_BIND, "")
}

// allowCalls installs the filter that systemd makes of SystemCallFilter with SystemCallErrorNumber=EPERM.
func allowCalls(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // seccomp_data.nr
	for _, word := range strings.Fields(string(text)) {
		number, err := strconv.Atoi(word)
		if err != nil {
			return err
		}
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(number), Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	return installFilter(filter)
}

// refuseCall installs a seccomp filter, as container engines do.
func refuseCall(number, errno uint32) error {
	const offsetOfNr = 0 // in struct seccomp_data
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: offsetOfNr},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	return installFilter(filter)
}

func installFilter(filter []unix.SockFilter) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}
