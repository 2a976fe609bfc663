package guest

import (
	"errors"
	"strings"
	"testing"
)

const packages = `Package: linux-image-6.1.0-56-cloud-amd64
Version: 6.1.192-2
Depends: kmod, linux-base (>= 4.3~), initramfs-tools (>= 0.120+deb8u2) | linux-initramfs-tool

Package: linux-image-6.1.0-57-cloud-amd64
Version: 6.1.192-3

Package: linux-image-6.1.0-57-cloud-amd64-unsigned
Version: 6.1.192-3

Package: linux-image-6.12-cloud-amd64
Version: 6.12.117-1~deb12u1
Depends: linux-image-6.12.117+deb12-cloud-amd64 (= 6.12.117-1~deb12u1)

Package: linux-image-7.2.9+deb13-cloud-amd64
Version: 7.2.9-1~bpo13+1
Depends: dracut | initramfs-tools, linux-binary-7.2.9+deb13-cloud-amd64 (= 7.2.9-1~bpo13+1), linux-modules-7.2.9+deb13-cloud-amd64 (= 7.2.9-1~bpo13+1)

Package: linux-binary-7.2.9+deb13-cloud-amd64
Version: 7.2.9-1~bpo13+1

Package: linux-modules-7.2.9+deb13-cloud-amd64
Version: 7.2.9-1~bpo13+1

Package: linux-image-7.2.12+deb13-cloud-amd64
Version: 7.2.12-1~bpo13+1
Depends: linux-binary-7.2.12+deb13-cloud-amd64, linux-modules-7.2.12+deb13-cloud-amd64

Package: linux-binary-7.2.12+deb13-cloud-amd64
Version: 7.2.12-1~bpo13+1`

func TestNewestWholeKernelIsChosen(t *testing.T) {
	var c catalog
	if err := c.readIndex("suite", strings.NewReader(packages)); err != nil {
		t.Fatal(err)
	}
	for pattern, want := range map[string]string{
		"6.1":       "linux-image-6.1.0-57-cloud-amd64",
		"6.1.192-2": "linux-image-6.1.0-56-cloud-amd64",
		// The modules of 7.2.12 are gone.
		"7.2": "linux-image-7.2.9+deb13-cloud-amd64 linux-binary-7.2.9+deb13-cloud-amd64 linux-modules-7.2.9+deb13-cloud-amd64",
	} {
		p, err := ParsePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := c.choose(p)
		var names []string
		for _, k := range parts {
			names = append(names, k.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%s is %s (%v), want %s", pattern, got, err, want)
		}
	}
	for pattern, says := range map[string]string{
		"6.12":       "6.1, 7.2", // it offers what it has
		"7.2.12":     "linux-modules-7.2.12+deb13-cloud-amd64",
		"trixie:6.1": "--kernel",
	} {
		p, err := ParsePattern(pattern)
		if err != nil {
			t.Fatal(err)
		}
		var unsupported *UnsupportedError
		if _, err := c.choose(p); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v does not mention %s", pattern, err, says)
		}
	}
}

func TestSourcesComeFromTheMachinesMirror(t *testing.T) {
	listing := "http://mirror/debian/|bookworm|main\nhttp://mirror/debian/|bookworm|main\nhttp://mirror/security/|bookworm-security|main\n" +
		"http://elsewhere/|nodistro|main\nhttp://mirror/debian/|bookworm|contrib\n"
	list, err := sourcesList(parseSources(listing), "bookworm")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"http://mirror/debian/ bookworm main", "http://mirror/security/ bookworm-security main",
		"http://mirror/debian/ bullseye main", "http://mirror/debian/ trixie-backports main",
	} {
		if strings.Count(list, line+"\n") != 1 {
			t.Errorf("%q is not there once in\n%s", line, list)
		}
	}
	if strings.Contains(list, "elsewhere") || strings.Contains(list, "contrib") {
		t.Errorf("others' sources are in\n%s", list)
	}
	for _, codename := range []string{"", "noble"} {
		if list, err := sourcesList(parseSources(listing), codename); !errors.Is(err, errNoMirror) {
			t.Errorf("codename %q: %v\n%s", codename, err, list)
		}
	}
}
