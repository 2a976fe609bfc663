package main

import (
	"slices"
	"strings"
	"testing"
)

func TestCPUList(t *testing.T) {
	for text, want := range map[string][]int{"0": {0}, "0-1": {0, 1}, "3,0-2": {3, 0, 1, 2}, "1, 2": {1, 2}, "2-2": {2}} {
		var got []int
		if err := (cpuList{&got}).Set(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "a", "1-", "-1", "2-1", "0,,1", "0-99999999"} {
		var got []int
		if err := (cpuList{&got}).Set(text); err == nil || len(got) > 0 {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

// TestGateTakesWhatItOffers: every preset of its help, with the word that the help names.
func TestGateTakesWhatItOffers(t *testing.T) {
	whole, others, ok := strings.Cut(gatePresets(), "; with the word dut=forwarder also ")
	if !ok {
		t.Fatal(gatePresets())
	}
	for list, words := range map[string][]string{whole: nil, others: {"dut=forwarder"}} {
		for preset := range strings.SplitSeq(list, ", ") {
			o := gateOptions{preset: preset, series: series{rounds: 1, minRounds: 1}}
			if work, err := o.work(nil, words); err != nil || len(work.Scenarios) == 0 {
				t.Errorf("--preset %s %v: %v", preset, words, err)
			}
		}
	}
}
