package group

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

var errNone = errors.New("no control groups of this kind here")

// own is the folder of this process's control group in the hierarchy of a controller (v1), or in the one of v2 if the controller is "".
func own(controller string) (string, error) {
	memberships, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(memberships)) {
		// hierarchy-ID:controllers:path, cgroups(7)
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(parts) == 3 && slices.Contains(strings.Split(parts[1], ","), controller) && (controller != "" || parts[0] == "0") {
			return mounted(controller, parts[2])
		}
	}
	return "", errNone
}

// mounted is where a control group is to be seen in the file system.
func mounted(controller, path string) (string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		// …ID parent device root mount-point options… - type source super-options, proc_pid_mountinfo(5)
		front, back, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(front), strings.Fields(back)
		if len(fields) < 5 || len(kind) < 3 {
			continue
		}
		isV2 := controller == "" && kind[0] == "cgroup2"
		isV1 := controller != "" && kind[0] == "cgroup" && slices.Contains(strings.Split(kind[2], ","), controller)
		if !isV1 && !isV2 {
			continue
		}
		below, err := filepath.Rel(fields[3], path)
		if err != nil || strings.HasPrefix(below, "..") {
			continue
		}
		return filepath.Join(fields[4], below), nil
	}
	return "", errNone
}

// processesIn reads a list of process IDs; none where the group is gone.
func processesIn(file string) []int {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var pids []int
	for word := range strings.FieldsSeq(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil && pid > 0 { // 0 is one of another PID namespace
			pids = append(pids, pid)
		}
	}
	return pids
}
