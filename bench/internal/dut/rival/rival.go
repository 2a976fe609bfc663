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

// Find returns the function that opens the rival with this name. A rival uses only the endpoints of the options
// and their kind; the devices must exist and have a single queue.
func Find(name string) (forward.Opener, error) {
	switch name {
	case wireGuardGo:
		return openWireGuardGo, nil
	case netpoll:
		return openNetpoll, nil
	}
	return nil, fmt.Errorf("rival %q: want one of %s", name, strings.Join([]string{wireGuardGo, netpoll}, ", "))
}
