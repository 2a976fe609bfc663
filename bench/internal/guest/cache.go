package guest

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheFolder returns the folder of what is kept between runs, which it makes: kernels and the lock of guests. They are below
// the user's cache folder.
func CacheFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find cache folder: %w: set XDG_CACHE_HOME", err)
	}
	cache = filepath.Join(cache, "tunbench")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", fmt.Errorf("make cache folder: %w: set XDG_CACHE_HOME", err)
	}
	return cache, nil
}

// LockFile is the lock in the cache folder that makes boots follow each other.
func LockFile(cache string) string { return filepath.Join(cache, "guest.lock") }

// KernelFolder is that of the archive's kernels in the cache folder.
func KernelFolder(cache string) string { return filepath.Join(cache, "kernels") }
