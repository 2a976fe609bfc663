package doctor

import (
	"fmt"
	"strings"

	"tunbench/bench/internal/host"
)

// lowMemory leaves room for the arenas, rings and maps of the largest scenario.
const lowMemory = 1 << 30

func memoryAvailable(m host.Machine) Check {
	const name = "memory available"
	fs, err := m.Procfs()
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

func hugePages(m host.Machine) Check {
	const name = "transparent huge pages"
	text, err := m.Read("sys/kernel/mm/transparent_hugepage/enabled")
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
