package guest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProgramsOfTheUser(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"this", "mine", "sub/mine"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, fakeModule(), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	this, mine, other := filepath.Join(dir, "this"), filepath.Join(dir, "mine"), filepath.Join(dir, "sub/mine")
	programs, err := readPrograms(this, [][]string{{"doctor"}, {mine, "-x"}, {mine}})
	if err != nil || len(programs) != 2 || programs[0].path != initPath || programs[1].path != "/bin/mine" {
		t.Errorf("%+v, %v", programs, err)
	}
	if err := CheckPrograms(this, [][]string{{mine}, {other}}); err == nil || !strings.Contains(err.Error(), other) {
		t.Errorf("two programs of one name: %v", err)
	}
	if err := CheckPrograms(this, [][]string{{filepath.Join(dir, "absent")}}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestDynamicProgramIsRefused(t *testing.T) {
	var unsupported *UnsupportedError
	if _, err := readProgram("/bin/sh"); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("/bin/sh: %v", err)
	}
}
