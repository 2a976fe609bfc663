package intake

import (
	"fmt"
	"slices"
)

// Mode is whether packets may come through rings.
type Mode string

const (
	// ModeAuto has packets taken, where the host can do that and nothing stands at the
	// devices' egress that they would skip (Skipped).
	ModeAuto Mode = "auto"
	// ModeOff has all packets read from the devices. It is the default.
	ModeOff Mode = "off"
)

// Modes lists the words of Mode.
func Modes() []Mode { return []Mode{ModeOff, ModeAuto} }

// ParseMode reads one of off, auto.
func ParseMode(s string) (Mode, error) {
	if m := Mode(s); slices.Contains(Modes(), m) {
		return m, nil
	}
	return "", fmt.Errorf("intake %q: want one of %v", s, Modes())
}
