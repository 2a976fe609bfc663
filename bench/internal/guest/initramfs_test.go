package guest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
)

func TestInitramfsHasProgramOrdersAndModules(t *testing.T) {
	var b bytes.Buffer
	commands := [][]string{{"doctor", "--json"}, {"run", "size=64"}}
	if err := writeInitramfs(&b, []program{{initPath, []byte("program")}, {"/bin/own", []byte("own")}}, []module{{"udp_tunnel", []byte("one")}, {"vxlan", []byte("two")}}, orders{Commands: commands}); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b.Bytes(), []byte("070701")) {
		t.Errorf("begins with %q, not as a newc archive", b.Bytes()[:6])
	}
	files := map[string]string{}
	for r := cpio.NewReader(bytes.NewReader(b.Bytes())); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(content)
		if (header.Name == "init" || header.Name == "bin/own") && header.Mode.Perm() != 0o755 {
			t.Errorf("%s has mode %v", header.Name, header.Mode)
		}
	}
	for name, want := range map[string]string{"init": "program", "bin/own": "own", "modules/udp_tunnel.ko": "one", "modules/vxlan.ko": "two", "dev": "", "results": ""} {
		if got, has := files[name]; !has || got != want {
			t.Errorf("%s has %q, want %q", name, got, want)
		}
	}
	var o orders
	if err := json.Unmarshal([]byte(files["orders.json"]), &o); err != nil {
		t.Fatal(err)
	}
	if strings.Join(o.Modules, " ") != "udp_tunnel vxlan" || len(o.Commands) != 2 || o.Commands[1][1] != "size=64" {
		t.Errorf("orders are %+v", o)
	}
	if _, err := exec.LookPath("cpio"); err != nil {
		t.Skip("read back by the library alone: no cpio here")
	}
	list := exec.Command("cpio", "-t", "--quiet")
	list.Stdin = &b
	if names, err := list.CombinedOutput(); err != nil || !strings.Contains(string(names), "modules/vxlan.ko") {
		t.Errorf("cpio reads %s (%v)", names, err)
	}
}
