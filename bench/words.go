package main

import (
	"errors"
	"fmt"
	"strings"

	"tunbench/bench/internal/scenario"
)

// leaveOut refuses a setting that would have no effect because the command sets it itself;
// a scenario's name, pasted, may have it.
func leaveOut(words []string, key, remedy string) error {
	for _, word := range words {
		if strings.HasPrefix(word, key+"=") && !strings.Contains(word, "/") {
			return &usageError{fmt.Errorf("%s: this command sets it itself, leave %s= out: %s", word, key, remedy)}
		}
	}
	return nil
}

// one is the scenario that words ask for, where only one can be had.
func one(words []string) (scenario.Scenario, error) {
	scenarios, err := scenario.Parse(words)
	if err != nil {
		return scenario.Scenario{}, err
	}
	if len(scenarios) != 1 {
		return scenario.Scenario{}, &usageError{errors.New("the words ask for several scenarios, this command takes one")}
	}
	return scenarios[0], nil
}
