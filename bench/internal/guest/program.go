package guest

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// program is a static program, ready to be packed.
type program struct {
	path string // in the guest
	code []byte
}

// IsProgram says whether a command is a program of the user's own with its words, and not one of tunbench: as in a shell, its first
// word has a slash.
func IsProgram(words []string) bool { return strings.Contains(words[0], "/") }

// programPath is where a program of the user's own is in the guest.
func programPath(file string) string { return filepath.Join(programDir, filepath.Base(file)) }

// CheckPrograms says whether this program, and those of the user's own among the commands, can be packed.
func CheckPrograms(this string, commands [][]string) error {
	_, err := readPrograms(this, commands)
	return err
}

// readPrograms returns this program and those of the user's own that are among the commands, each once.
func readPrograms(this string, commands [][]string) ([]program, error) {
	files := map[string]string{initPath: this}
	paths := []string{initPath}
	for _, words := range commands {
		if !IsProgram(words) {
			continue
		}
		path := programPath(words[0])
		if other, has := files[path]; !has {
			paths = append(paths, path)
		} else if other != words[0] {
			return nil, fmt.Errorf("pack programs %s and %s: both would be %s in the guest", other, words[0], path)
		}
		files[path] = words[0]
	}
	var programs []program
	for _, path := range paths {
		code, err := readProgram(files[path])
		if err != nil {
			return nil, err
		}
		programs = append(programs, program{path, code})
	}
	return programs, nil
}

// readProgram returns a program that runs without any library beside it.
func readProgram(path string) ([]byte, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read program %s: %w", path, err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, &UnsupportedError{"a program that is linked statically, and " + path + " is not", "build it with CGO_ENABLED=0"}
		}
	}
	return os.ReadFile(path)
}
