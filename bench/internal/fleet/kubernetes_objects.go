package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is what we read of a Job (batch/v1) and a Pod (v1), with their names.
type object struct {
	Kind     string
	Metadata struct {
		Name              string
		Labels            map[string]string
		Annotations       map[string]string
		CreationTimestamp time.Time
		DeletionTimestamp *time.Time
	}
	Spec struct {
		NodeName string
	}
	Status struct {
		Phase             string // of a Pod
		Reason            string
		Conditions        []condition
		ContainerStatuses []struct {
			State struct {
				Waiting    *struct{ Reason, Message string }
				Terminated *struct {
					ExitCode int
					Reason   string
				}
			}
		}
		FailedIndexes string // of a Job, as 1,3-5
	}
}

type condition struct{ Type, Status, Reason, Message string }

func (o object) condition(kind string) bool {
	return slices.ContainsFunc(o.Status.Conditions, func(c condition) bool { return c.Type == kind && c.Status == "True" })
}

// podPhase is how far a pod has come, and why it is not further.
func (o object) podPhase() (Phase, string) {
	why := o.Status.Reason
	for _, c := range o.Status.Conditions {
		switch {
		case c.Type == "DisruptionTarget" && c.Status == "True":
			why = strings.TrimSpace("disrupted: " + c.Reason)
		case c.Type == "PodScheduled" && c.Status == "False" && why == "":
			why = c.Message
		}
	}
	for _, s := range o.Status.ContainerStatuses {
		switch {
		case s.State.Waiting != nil && why == "":
			why = strings.TrimSuffix(s.State.Waiting.Reason+": "+s.State.Waiting.Message, ": ")
		case s.State.Terminated != nil && why == "" && s.State.Terminated.ExitCode > 128:
			why = fmt.Sprintf("killed by signal %d", s.State.Terminated.ExitCode-128)
			if reason := s.State.Terminated.Reason; reason != "" && reason != "Error" {
				why += " (" + reason + ")" // OOMKilled
			}
		case s.State.Terminated != nil && why == "":
			why = fmt.Sprintf("exit %d", s.State.Terminated.ExitCode)
		}
	}
	switch {
	case o.Status.Phase == "Running" && o.Metadata.DeletionTimestamp == nil:
		return Running, ""
	case o.Status.Phase == "Succeeded" || o.Status.Phase == "Failed":
		return Over, why
	}
	return Waiting, why
}

// inRanges says whether 1,3-5 has a number.
func inRanges(text string, n int) bool {
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err := strconv.Atoi(low)
		last, err2 := strconv.Atoi(high)
		if err == nil && err2 == nil && first <= n && n <= last {
			return true
		}
	}
	return false
}
