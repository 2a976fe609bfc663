package host

import (
	"fmt"
	"strings"
)

// lowMemory leaves room for the arenas, rings and maps of the largest scenario.
const lowMemory = 1 << 30

func (m machine) memoryAvailable() Check {
	const name = "memory available"
	fs, err := m.procfs()
	if err != nil {
		return unknown(name, "%v", err)
	}
	info, err := fs.Meminfo()
	if err != nil || info.MemAvailableBytes == nil {
		return unknown(name, "no MemAvailable in /proc/meminfo")
	}
	available := *info.MemAvailableBytes
	found := fmt.Sprintf("%.1f GiB", float64(available)/(1<<30))
	if available < lowMemory {
		return distorts(name, found, "reclaim runs during a trial", "free some memory")
	}
	return ok(name, found)
}

// memoryBytes is the memory the kernel manages, 0 when it cannot be read.
func (m machine) memoryBytes() uint64 {
	fs, err := m.procfs()
	if err != nil {
		return 0
	}
	info, err := fs.Meminfo()
	if err != nil || info.MemTotalBytes == nil {
		return 0
	}
	return *info.MemTotalBytes
}

func (m machine) hugePages() Check {
	const name = "transparent huge pages"
	text, err := m.read("sys/kernel/mm/transparent_hugepage/enabled")
	if err != nil {
		return unknown(name, "not in this kernel")
	}
	mode := chosen(text)
	if mode == "never" {
		return distorts(name, mode, "large buffers cost more TLB misses",
			"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
	}
	return ok(name, mode)
}

// chosen is the word in brackets of a list such as "always [madvise] never".
func chosen(list string) string {
	for word := range strings.FieldsSeq(list) {
		if inner, found := strings.CutPrefix(word, "["); found {
			return strings.TrimSuffix(inner, "]")
		}
	}
	return list
}
