package intake

import (
	"fmt"
	"slices"
)

// Mode is whether packets may come through rings.
type Mode string

const (
	// ModeAuto has packets taken, where the host can do that.
	ModeAuto Mode = "auto"
	// ModeOff has all packets read from the devices.
	ModeOff Mode = "off"
)

// Modes lists the words of Mode.
func Modes() []Mode { return []Mode{ModeAuto, ModeOff} }

// ParseMode reads one of auto, off.
func ParseMode(s string) (Mode, error) {
	if m := Mode(s); slices.Contains(Modes(), m) {
		return m, nil
	}
	return "", fmt.Errorf("intake %q: want one of %v", s, Modes())
}
