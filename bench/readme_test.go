package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// alone prepares namespaces for a script that names its own: it meets nobody's, and what it leaves behind ends with it.
const alone = `set -e
mount --make-rprivate / && mount -t proc proc /proc
mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns
ip link set lo up
`

// script runs lines as a user would, one after the other without a pause, and returns what they print.
func script(t *testing.T, lines string) string {
	t.Helper()
	needRoot(t)
	for _, tool := range []string{"bash", "ip", "mount"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s: %v", tool, err)
		}
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, name := range []string{"tunbench", pingName} {
		if err := os.Symlink(program, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-c", alone+lines)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), beTunbench+"=1", "PATH="+bin+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWPID}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v:\n%s\nprints\n%s", err, lines, &out)
	}
	return out.String()
}

// readmeBlock is the first code below a heading of the forwarder's README.
func readmeBlock(t *testing.T, heading string) string {
	t.Helper()
	text, err := os.ReadFile("../forwarder/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, below, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	_, block, fenced := strings.Cut(below, "```\n")
	block, _, closed := strings.Cut(block, "```")
	if !ok || !fenced || !closed {
		t.Fatalf("no code below %q", heading)
	}
	return block
}

// TestForwarderAloneAsWritten: what README and help show works as a script too, and ends what it began.
func TestForwarderAloneAsWritten(t *testing.T) {
	const gone = "\nwhile kill -0 $pid 2>/dev/null; do sleep 0.01; done\n"
	for where, lines := range map[string]string{"README": readmeBlock(t, "The forwarder alone"), "help": forwardExamples} {
		t.Run(where, func(t *testing.T) {
			out := script(t, lines+gone)
			for _, says := range []string{"created tun left:tun0: 2 queues", "3 received", "a to b"} {
				if !strings.Contains(out, says) {
					t.Errorf("no %q in\n%s", says, out)
				}
			}
		})
	}
}

// TestForwardInBackgroundThatFails: the exit code is that of the process which could not forward, and so is the message.
func TestForwardInBackgroundThatFails(t *testing.T) {
	needRoot(t)
	for args, says := range map[string]string{
		"forward --background --a nowhere:tun0 --b tun1": "nowhere",
		"forward --background --a x --b y --queues 0":    "queues 0",
	} {
		code, stdout, stderr := tunbench(t, strings.Fields(args)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, says) || !strings.Contains(stderr, "see above") {
			t.Errorf("%s: exit code %d, prints %q: %s", args, code, stdout, stderr)
		}
	}
}
