package host

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"tunbench/forwarder"
	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
	"tunbench/ringbuf"
)

// status is a /proc/self/status of a process with every capability.
const status = "Name:\ttunbench\nCapInh:\t0000000000000000\nCapEff:\t000001ffffffffff\n"

func TestRequire(t *testing.T) {
	const netOnly = "CapEff:\t0000000000001000\n"
	tests := map[string]struct {
		files   files
		missing string // all of it in the error
		remedy  string
	}{
		"not root":        {files{"proc/self/status": "CapEff:\t0000000000000000\n", "dev/net/tun": ""}, "CAP_NET_ADMIN, CAP_SYS_ADMIN", "run as root"},
		"no tun":          {files{"proc/self/status": status}, "dev/net/tun: no such file or directory", "modprobe tun"},
		"tun is a file":   {files{"proc/self/status": status, "dev/net/tun": ""}, "something else", "mknod"},
		"tun is a folder": {files{"proc/self/status": status, "dev/net/tun/x": ""}, "is a directory", "mknod"},
		"no proc":         {nil, "/proc", "mount -t proc"},
		"privileges 1st":  {files{"proc/self/status": netOnly}, "CAP_SYS_ADMIN", "run as root"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := fake(t, tt.files).require()
			if !Cannot(err) || !Cannot(fmt.Errorf("run: %w", err)) {
				t.Fatalf("got %v, want what this host cannot", err)
			}
			text := err.Error()
			if !strings.Contains(text, tt.missing) || !strings.Contains(text, tt.remedy) || strings.Contains(text, "\n") {
				t.Errorf("%q is not one sentence with %q and %q", text, tt.missing, tt.remedy)
			}
		})
	}
}

// TestRequireFit needs the driver's own node.
func TestRequireFit(t *testing.T) {
	if err := tun.CheckClone("/dev/net/tun"); err != nil {
		t.Skipf("no TUN driver to open: %v", err)
	}
	m := fake(t, files{"proc/self/status": status, "dev/net/other": ""})
	if err := os.Symlink("/dev/net/tun", m.Path("dev/net/tun")); err != nil {
		t.Fatal(err)
	}
	if err := m.require(); err != nil {
		t.Errorf("got %v, want fit", err)
	}
}

func TestRequireUnreadable(t *testing.T) {
	if err := fake(t, files{"proc/self/status": "Name:\tx\n"}).require(); err == nil || Cannot(err) {
		t.Errorf("got %v, want an error that is a failure", err)
	}
}

// TestCannot: errors of every origin that say what this host or user lacks.
func TestCannot(t *testing.T) {
	for _, err := range []error{
		&Unfit{"x", "y"}, forwarder.ErrUnsupported, ringbuf.ErrUnsupported, &tun.UnsupportedError{Err: unix.EPERM}, &steer.UnsupportedError{Err: unix.EPERM},
	} {
		if !Cannot(fmt.Errorf("do: %w", err)) {
			t.Errorf("%T is taken for a failure", err)
		}
	}
	for _, err := range []error{nil, unix.EPERM, tun.ErrGone, forwarder.ErrConfig} {
		if Cannot(err) {
			t.Errorf("%v is no lack", err)
		}
	}
}

func TestRequireOnThisHost(t *testing.T) {
	err := Require()
	switch {
	case os.Geteuid() == 0 && err != nil:
		t.Errorf("root is refused: %v", err)
	case os.Geteuid() != 0 && !Cannot(err):
		t.Errorf("got %v without root, want what this user cannot", err)
	}
}
