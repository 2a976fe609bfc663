package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// trialWords make a measurement short.
const trialWords = " load=1000 duration=100ms warmup=0s"

// measuring are the commands that set up scenes.
var measuring = []string{
	"run" + trialWords, "ab a:gro=auto b:gro=off -n 1" + trialWords, "gate --self-test", "sweep queues=1,2 -n 1" + trialWords,
	"search", "burst", "soak --for 1s load=1000 warmup=0s", "calibrate", "check",
	"gate --baseline /proc/self/exe" + trialWords, "bisect HEAD~1 HEAD -- size=64" + trialWords,
}

// TestEveryCommandSaysWhatIsLacking walks all commands on hosts that lack something: the
// exit code is 5, the error is one line with the remedy, nothing was begun, and doctor says
// the same.
func TestEveryCommandSaysWhatIsLacking(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	group := deviceGroup(t)
	for name, tc := range map[string]struct {
		confine string
		missing string
		remedy  string
		check   string // doctor's
	}{
		"not root":         {"user=65534", "CAP_NET_ADMIN", "run as root", "privileges"},
		"no CAP_SYS_ADMIN": {fmt.Sprintf("drop=%d", unix.CAP_SYS_ADMIN), "CAP_SYS_ADMIN", "run as root", "privileges"},
		"read-only /run":   {"mounts readonly=/run", "/run", "mount -t tmpfs tmpfs /run", "testbed"},
		"no /proc":         {"mounts gone=/proc", "/proc", "mount -t proc proc /proc", ""},
		"tun is a file":    {"mounts file=/dev/net/tun", "something else", "mknod /dev/net/tun c 10 200", "/dev/net/tun"},
		"tun is null":      {"mounts bind=/dev/null:/dev/net/tun", "something else", "mknod /dev/net/tun c 10 200", "/dev/net/tun"},
		"no tun":           {"mounts readonly=/dev/net", "/dev/net/tun: no such file", "modprobe tun", "/dev/net/tun"},
		"device cgroup":    {"cgroup=" + group, "/dev/net/tun: operation not permitted", "DeviceAllow=/dev/net/tun", "/dev/net/tun"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(tc.confine, "cgroup=") && group == "" {
				t.Skip("no devices cgroup of version 1 to test with")
			}
			for _, args := range measuring {
				code, stdout, stderr := confined(t, tc.confine, strings.Fields(args)...)
				lacking(t, args, code, stderr, tc.missing, tc.remedy)
				if stdout != "" {
					t.Errorf("%s: begins: %s", args, stdout)
				}
			}
			code, stdout, stderr := confined(t, tc.confine, "doctor")
			lacking(t, "doctor", code, stderr, tc.missing, tc.remedy)
			if tc.check != "" && !strings.Contains(stdout, "missing   "+tc.check) {
				t.Errorf("doctor does not list %s as missing:\n%s", tc.check, stdout)
			}
		})
	}
}

// lacking checks the code and the words of a command that cannot run here.
func lacking(t *testing.T, args string, code int, stderr, missing, remedy string) {
	t.Helper()
	if code != exitUnsupported {
		t.Errorf("%s: exit code %d, want %d: %s", args, code, exitUnsupported, stderr)
	}
	message := strings.TrimSpace(stderr)
	last := message[strings.LastIndex(message, "\n")+1:]
	if !strings.Contains(last, missing) || !strings.Contains(last, remedy) {
		t.Errorf("%s: %q does not say %q and %q", args, message, missing, remedy)
	}
}

// deviceGroup makes a group whose processes may not open the TUN driver's node; "" where
// there is no such controller.
func deviceGroup(t *testing.T) string {
	t.Helper()
	const root = "/sys/fs/cgroup/devices"
	if _, err := os.Stat(filepath.Join(root, "devices.deny")); err != nil {
		return ""
	}
	group := filepath.Join(root, "tunbench-test-"+itoa(os.Getpid()))
	if err := os.Mkdir(group, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "the group is left", func() bool { return unix.Rmdir(group) == nil })
	})
	if err := os.WriteFile(filepath.Join(group, "devices.deny"), []byte("c 10:200 rwm"), 0); err != nil {
		t.Fatal(err)
	}
	return group
}

// TestForwardSaysWhatIsLacking: what forward needs depends on what it is asked for.
func TestForwardSaysWhatIsLacking(t *testing.T) {
	bed := devices(t)
	group := deviceGroup(t)
	inside := "netns=" + bed.A().Namespace.Path()
	const own, foreign = "--a x0 --b x1", "foreign"
	netAdmin := fmt.Sprintf("drop=%d", unix.CAP_NET_ADMIN)
	const enosys, eperm, eopnotsupp, emfile = 38, 1, 95, 24
	made := 0
	call := func(number, errno int) string { return fmt.Sprintf("errno=%d:%d ", number, errno) }
	for name, tc := range map[string]struct{ confine, args, missing, remedy string }{
		"another namespace": {fmt.Sprintf("drop=%d", unix.CAP_SYS_ADMIN), foreign, "CAP_SYS_ADMIN", "ip netns exec"},
		"no CAP_NET_ADMIN":  {inside + " " + netAdmin, own, "CAP_NET_ADMIN", "ip tuntap add"},
		"nobody":            {inside + " mounts node=666 user=65534", own, "CAP_NET_ADMIN", "run as root"},
		"nobody, no node":   {inside + " mounts node=600 user=65534", own, "/dev/net/tun", "allow this user to open it"},
		"tun is a file":     {inside + " mounts file=/dev/net/tun", own, "something else", "mknod"},
		"no tun":            {inside + " mounts readonly=/dev/net", own, "/dev/net/tun", "modprobe tun"},
		"device cgroup":     {inside + " cgroup=" + group, own, "operation not permitted", "DeviceAllow"},
		"open files":        {inside + fmt.Sprintf(" limit=%d:20", unix.RLIMIT_NOFILE), own + " --queues 30 --engine sync", "too many open files", "ulimit -n"},
		"setup EPERM":       {inside + " " + call(unix.SYS_IO_URING_SETUP, eperm), own + " --engine uring", "io_uring_setup", "seccomp"},
		"setup EMFILE":      {inside + " " + call(unix.SYS_IO_URING_SETUP, emfile), own + " --engine uring", "io_uring_setup", "ulimit -n"},
		"register EPERM":    {inside + " " + call(unix.SYS_IO_URING_REGISTER, eperm), own + " --engine uring", "io_uring_register", "seccomp"},
		"enter EOPNOTSUPP":  {inside + " " + call(unix.SYS_IO_URING_ENTER, eopnotsupp), own + " --engine uring", "io_uring_enter", "seccomp"},
		"enter ENOSYS":      {inside + " " + call(unix.SYS_IO_URING_ENTER, enosys), own + " --engine uring", "io_uring_enter", "seccomp"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasSuffix(tc.confine, "cgroup=") {
				t.Skip("no devices cgroup of version 1 to test with")
			}
			// Names of its own: a device lives on for a while with the ring that reads it.
			made++
			args := strings.NewReplacer("x0", fmt.Sprintf("x%d", made), "x1", fmt.Sprintf("y%d", made)).Replace("forward " + tc.args)
			if tc.args == foreign {
				args = "forward --a " + bed.A().Namespace.Name() + ":x0 --b " + bed.B().Namespace.Name() + ":x1"
			}
			code, stdout, stderr := confined(t, tc.confine, strings.Fields(args)...)
			lacking(t, args, code, stderr, tc.missing, tc.remedy)
			if stdout != "" {
				t.Errorf("begins: %s", stdout)
			}
		})
	}
}

// TestForwardNeedsNoMoreThanItUses starts the forwarder with as little as it needs.
func TestForwardNeedsNoMoreThanItUses(t *testing.T) {
	bed := devices(t)
	inside := "netns=" + bed.A().Namespace.Path()
	const user = "12345"
	owned := func(name string) {
		err := bed.A().Namespace.Do(func() error { return ownedDevice(name, 12345) })
		if err != nil {
			t.Fatal(err)
		}
	}
	owned("own0")
	owned("own1")
	for name, tc := range map[string]struct{ confine, args string }{
		"without CAP_SYS_ADMIN":  {inside + fmt.Sprintf(" drop=%d", unix.CAP_SYS_ADMIN), "--a x0 --b x1"},
		"its own devices":        {inside + " mounts node=666 user=" + user, "--attach --a own0 --b own1 --steer kernel --engine sync"},
		"without /sys and /proc": {inside + " mounts gone=/sys gone=/proc", "--a x0 --b x1 --intake off"},
		"without bpf":            {inside + fmt.Sprintf(" errno=%d:1", unix.SYS_BPF), "--a x0 --b x1 --queues 2"},
		"forbidden by a module":  {inside + fmt.Sprintf(" errno=%d:13", unix.SYS_BPF), "--a x0 --b x1 --queues 2"},
		"without io_uring":       {inside + fmt.Sprintf(" errno=%d:95", unix.SYS_IO_URING_ENTER), "--a x0 --b x1"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd, lines, stderr := forwardingConfined(t, tc.confine, strings.Fields(tc.args)...)
			waitLine(t, lines, `^(attached to|created) tun .*1: `)
			if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := exit(t, cmd); code != exitSuccess {
				t.Errorf("exit code %d: %s", code, stderr())
			}
		})
	}
}

// TestDoctorSaysWhatRunWouldSay about a ring that cannot be used.
func TestDoctorSaysWhatRunWouldSay(t *testing.T) {
	needRoot(t)
	t.Parallel() // it judges no speed
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]int{"io_uring_setup": unix.SYS_IO_URING_SETUP, "io_uring_enter": unix.SYS_IO_URING_ENTER, "io_uring_register": unix.SYS_IO_URING_REGISTER} {
		refused := fmt.Sprintf("errno=%d:95", call)
		for _, command := range []string{"run -n 4", "ab a:gro=auto b:gro=off -n 5 --min-rounds 5", "gate -n 5 --min-rounds 5 --baseline " + own} {
			args := command + " engine=uring --no-calibration" + trialWords
			code, _, stderr := confined(t, refused, strings.Fields(args)...)
			lacking(t, args, code, stderr, name, "seccomp")
		}
		if code, stdout, _ := confined(t, refused, "doctor"); code != exitSuccess || !strings.Contains(stdout, "missing   io_uring") || !strings.Contains(stdout, name) {
			t.Errorf("%s refused: doctor exits %d and says\n%s", name, code, stdout)
		}
	}
}

// ownedDevice makes a persistent TUN device that is up and belongs to a user.
func ownedDevice(name string, user int) error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_MULTI_QUEUE)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, ifr); err != nil {
		return err
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOWNER, user); err != nil {
		return err
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return err
	}
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}

// TestUserNamespace is root of a user namespace, who has all capabilities and may do little
// outside it.
func TestUserNamespace(t *testing.T) {
	needRoot(t)
	if limit, err := os.ReadFile("/proc/sys/user/max_user_namespaces"); err != nil || strings.TrimSpace(string(limit)) == "0" {
		t.Skip("this host makes no user namespaces")
	}
	for _, tc := range []struct{ args, missing, remedy string }{
		{"run" + trialWords, "mount", "unshare -Urm"},
		{"forward --a x0 --b x1", "CAP_NET_ADMIN", "run as root"},
		{"doctor", "mount", "unshare -Urm"},
	} {
		cmd, stdout, errOut := command(t, strings.Fields(tc.args)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}},
		}
		lacking(t, tc.args, toItsEnd(t, cmd), errOut.String(), tc.missing, tc.remedy)
		if tc.args == "doctor" && !strings.Contains(stdout.String(), "missing   devices here") {
			t.Errorf("doctor does not say that no devices can be had here:\n%s", stdout)
		}
	}
}
