package drops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
)

// maxOtherReasons is how many reasons beyond those of the kernel's own enum, which
// subsystems have, are counted in one namespace.
const maxOtherReasons = 256

// reasonNames are the kernel's names of its drop reasons, by number.
type reasonNames map[uint32]string

// kernelReasons returns what the running kernel knows: enum skb_drop_reason of
// net/dropreason-core.h, which grows and is renumbered with every version.
func kernelReasons() (reasonNames, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return nil, fmt.Errorf("read the kernel's types: %w", err)
	}
	var enum *btf.Enum
	err = spec.TypeByName("skb_drop_reason", &enum)
	if errors.Is(err, btf.ErrNotFound) {
		err = fmt.Errorf("%w: %w", ebpf.ErrNotSupported, err)
	}
	if err != nil {
		return nil, fmt.Errorf("find drop reasons: %w", err)
	}
	names := make(reasonNames)
	for _, v := range enum.Values {
		names[uint32(v.Value)] = strings.TrimPrefix(v.Name, "SKB_DROP_REASON_")
	}
	return names, nil
}

func (r reasonNames) name(number uint32) string {
	if name, ok := r[number]; ok {
		return name
	}
	return fmt.Sprintf("%#x", number)
}

// number returns the number of a name, and 0, which is no reason, without one.
func (r reasonNames) number(name string) uint32 {
	for n, known := range r {
		if known == name {
			return n
		}
	}
	return 0
}
