package rival

import (
	"fmt"
	"strings"

	"tunbench/bench/internal/dut/forward"
)

// The rivals by name.
const (
	wireGuardGo = "wireguard-go"
	netpoll     = "netpoll"
)

// Find returns what opens the rival of that name. Of its options it heeds the
// endpoints, whose devices must exist and have a single queue.
func Find(name string) (forward.Opener, error) {
	switch name {
	case wireGuardGo:
		return openWireGuardGo, nil
	case netpoll:
		return openNetpoll, nil
	}
	return nil, fmt.Errorf("rival %q: want one of %s", name, strings.Join([]string{wireGuardGo, netpoll}, ", "))
}
