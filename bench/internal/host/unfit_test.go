package host

import (
	"errors"
	"os"
	"strings"
	"testing"
)

func TestRequire(t *testing.T) {
	tests := map[string]struct {
		files   files
		missing string // empty: fit
		remedy  string
	}{
		"fit":            {files{"proc/self/status": status, "dev/net/tun": ""}, "", ""},
		"not root":       {files{"proc/self/status": "CapEff:\t0000000000000000\n", "dev/net/tun": ""}, "CAP_NET_ADMIN, CAP_SYS_ADMIN", "run as root"},
		"no tun":         {files{"proc/self/status": status}, "/dev/net/tun (no such file or directory)", "modprobe tun"},
		"privileges 1st": {files{"proc/self/status": "CapEff:\t0000000000001000\n"}, "CAP_SYS_ADMIN", "run as root"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := fake(t, tt.files).require()
			if tt.missing == "" {
				if err != nil {
					t.Fatalf("got %v, want fit", err)
				}
				return
			}
			var unfit *Unfit
			if !errors.As(err, &unfit) {
				t.Fatalf("got %v, want *Unfit", err)
			}
			if unfit.Missing != tt.missing || !strings.HasPrefix(unfit.Remedy, tt.remedy) {
				t.Errorf("got %+v, want %q and %q", unfit, tt.missing, tt.remedy)
			}
			if text := err.Error(); !strings.Contains(text, tt.missing) || strings.Contains(text, "\n") {
				t.Errorf("not one sentence naming what is missing: %q", text)
			}
		})
	}
}

func TestRequireUnreadable(t *testing.T) {
	var unfit *Unfit
	if err := fake(t, nil).require(); err == nil || errors.As(err, &unfit) {
		t.Errorf("got %v, want an error that is not *Unfit", err)
	}
}

func TestRequireOnThisHost(t *testing.T) {
	err := Require()
	var unfit *Unfit
	switch {
	case os.Geteuid() == 0 && err != nil:
		t.Errorf("root is refused: %v", err)
	case os.Geteuid() != 0 && !errors.As(err, &unfit):
		t.Errorf("got %v without root, want *Unfit", err)
	}
}
