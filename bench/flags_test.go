package main

import (
	"slices"
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
