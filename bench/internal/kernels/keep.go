package kernels

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// keep writes what came of a kernel into a new folder: a folder per command with its output and its files.
func (b boot) keep(dir string) error {
	for i, c := range b.outcome.Commands {
		folder := filepath.Join(dir, fmt.Sprintf("%d-%s", i, filepath.Base(c.Words[0])))
		if !c.Ended && len(c.Stdout)+len(c.Stderr)+len(c.Files) == 0 {
			continue
		}
		files := map[string][]byte{"stdout": c.Stdout, "stderr": c.Stderr}
		maps.Copy(files, c.Files)
		for name, content := range files {
			path := filepath.Join(folder, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return fmt.Errorf("keep results: %w", err)
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return fmt.Errorf("keep results: %w", err)
			}
		}
	}
	if b.err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep results: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "error"), []byte(b.err.Error()+"\n"), 0o644)
}

// folderName is the name of a kernel without what parts folders.
func folderName(kernel string) string { return strings.NewReplacer(":", "_", "/", "_").Replace(kernel) }
