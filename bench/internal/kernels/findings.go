package kernels

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tunbench/bench/internal/guest"
	"tunbench/bench/internal/host/doctor"
	"tunbench/results"
)

// features says what doctor found of that in which kernels differ, and what it misses of anything.
func features(c guest.Command) (with, without []string) {
	var checks []doctor.Check
	if c.Words[0] != "doctor" || json.Unmarshal(c.Stdout, &checks) != nil {
		return nil, nil
	}
	for _, check := range checks {
		switch {
		case check.State == doctor.Missing:
			without = append(without, check.Name)
		case check.State == doctor.OK && ofTheKernel(check.Name):
			with = append(with, check.Name)
		}
	}
	return with, without
}

func ofTheKernel(name string) bool {
	return slices.ContainsFunc([]string{"TUN", "IFF_", "RWF_", "vnet header", "BPF ", "io_uring"}, func(begin string) bool { return strings.HasPrefix(name, begin) })
}

// sceneName is a namespace in a note, another one each time.
var sceneName = regexp.MustCompile(`\btb-[0-9]+-[a-z]+:`)

// didWithout is what the records of a command note, each once.
func didWithout(c guest.Command) (texts []string) {
	add := func(notes []string) {
		for _, n := range notes {
			n = sceneName.ReplaceAllString(n, "")
			if !slices.Contains(texts, n) {
				texts = append(texts, n)
			}
		}
	}
	for _, file := range resultFilesOf(c) {
		for _, t := range file.Calibrations {
			add(t.Notes)
		}
		for _, t := range file.Trials {
			if t.DUT != nil {
				add(t.DUT.Notes)
			}
			if t.Sender != nil {
				add(t.Sender.Notes)
			}
			if t.Sink != nil {
				add(t.Sink.Notes)
			}
		}
	}
	return texts
}

// resultFilesOf are the result files that a command left.
func resultFilesOf(c guest.Command) (files []*results.File) {
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		if file, err := results.Read(bytes.NewReader(c.Files[name])); err == nil {
			files = append(files, file)
		}
	}
	return files
}
