package guest

import (
	"debug/elf"
	"fmt"
	"os"
)

// readProgram returns a program that runs without any library beside it.
func readProgram(path string) ([]byte, error) {
	file, err := elf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read program %s: %w", path, err)
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP {
			return nil, &UnsupportedError{"a program that is linked statically, and " + path + " is not", "build it with CGO_ENABLED=0 (make build), or name such a one with --binary"}
		}
	}
	return os.ReadFile(path)
}
