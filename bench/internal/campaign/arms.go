package campaign

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"tunbench/bench/internal/dut"
	"tunbench/bench/internal/dut/forward"
	"tunbench/bench/internal/measure"
	"tunbench/bench/internal/scenario"
)

// armPrefixes are before words that belong to one arm.
var armPrefixes = [2]string{"a:", "b:"}

// ParseArms reads the words of a comparison: a word that begins with a: or b: belongs to one arm, any other word
// to both. A word is a setting of a scenario; or binary= or handicap=, which choose a variant of the forwarder; or
// rev=, which chooses a revision of a program.
func ParseArms(words []string) (arms [2]measure.Arm, err error) {
	var plain []string
	for _, word := range words {
		own, sides := word, []int{0, 1}
		for i, prefix := range armPrefixes {
			if rest, ok := strings.CutPrefix(word, prefix); ok {
				own, sides = rest, []int{i}
			}
		}
		taken := false
		for _, i := range sides {
			if taken, err = takeVariant(&arms[i], own); err != nil {
				return arms, usage("%s: %w", word, err)
			}
		}
		if !taken {
			plain = append(plain, word)
		}
	}
	if arms[0].Scenario, arms[1].Scenario, err = scenario.ParseArms(plain); err != nil {
		return arms, err
	}
	return arms, errors.Join(checkOffered(arms), checkVariants(arms))
}

// offeredKeys are the settings that say what is sent, and so what a figure is of.
var offeredKeys = [...]string{"proto", "load", "size", "dir"}

// checkOffered returns an error if the arms have different loads: twice the load is forwarded at twice the rate,
// and TCP and UDP have no metric in common.
func checkOffered(arms [2]measure.Arm) error {
	for _, key := range offeredKeys {
		a, hasA := arms[0].Scenario.Value(key)
		b, hasB := arms[1].Scenario.Value(key)
		if a != b || hasA != hasB {
			return usage("a:%s=%s b:%s=%s: figures of different loads cannot be compared: give both arms the same %s (tunbench sweep measures several)",
				key, a, key, b, strings.Join(offeredKeys[:], ", "))
		}
	}
	return nil
}

// takeVariant reads binary=, handicap= and rev=, which say which variant of a program an arm is; it is false for
// any other word.
func takeVariant(arm *measure.Arm, word string) (taken bool, err error) {
	key, value, _ := strings.Cut(word, "=")
	switch key {
	case "binary":
		arm.Variant.Binary, err = findBinary(value)
	case "handicap":
		arm.Variant.Handicap, err = parseShare(value)
	case "rev":
		if arm.Revision = value; value == "" {
			err = errors.New("want a revision of the repository that the program file lies in")
		}
	default:
		return false, nil
	}
	return true, err
}

func findBinary(path string) (dut.Binary, error) {
	if path == "" {
		return dut.Binary{}, errors.New("want the path of a tunbench binary")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return dut.Binary{}, err
	}
	return dut.FindBinary(path)
}

// parseShare reads 5% or 0.05.
func parseShare(text string) (float64, error) {
	number, isPercent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if isPercent {
		share /= 100
	}
	if err != nil || !(share >= 0 && share <= forward.MaxHandicap) {
		return 0, fmt.Errorf("want a share of 0%% to %g%%", 100*forward.MaxHandicap)
	}
	return share, nil
}

// checkVariants returns an error for a variant of something that is not our forwarder, and for a handicap of
// workers that are not pinned.
func checkVariants(arms [2]measure.Arm) error {
	for i, arm := range arms {
		switch {
		case arm.Revision != "" && !arm.Scenario.IsProgram():
			return usage("%srev= is for a program of --program, arm %s is dut=%s", armPrefixes[i], string("AB"[i]), arm.Scenario.DUT)
		case arm.Variant.IsZero():
		case arm.Variant.Binary != (dut.Binary{}) && arm.Scenario.DUT != scenario.Forwarder:
			return usage("%sbinary= is for dut=forwarder, arm %s is dut=%s", armPrefixes[i], string("AB"[i]), arm.Scenario.DUT)
		case arm.Scenario.DUT != scenario.Forwarder && !arm.Scenario.IsProgram():
			return usage("%sbinary= and handicap= are for dut=forwarder, arm %s is dut=%s", armPrefixes[i], string("AB"[i]), arm.Scenario.DUT)
		case arm.Variant.Handicap > 0 && arm.Scenario.Pin == scenario.Off:
			return usage("%shandicap= slows the CPUs that workers are pinned to: leave pin=off out", armPrefixes[i])
		}
	}
	return nil
}
