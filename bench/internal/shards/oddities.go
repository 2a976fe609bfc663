package shards

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// clockSlack is how far a clock may be off before that is said.
const clockSlack = time.Minute

// oddities are sentences about what is odd of the machines.
func oddities(all []*Shard, plan json.RawMessage, now time.Time) []string {
	var warnings []string
	var planned struct {
		Written time.Time `json:"written"`
	}
	_ = json.Unmarshal(plan, &planned) // without the time there is nothing to say
	byHost, byVersion := map[string][]string{}, map[string][]string{}
	for _, s := range all {
		name := fmt.Sprintf("shard %v (%s)", s.Shard(), cmp.Or(s.Host.Hostname, s.Record.HostID))
		switch {
		case s.first.Before(planned.Written.Add(-clockSlack)):
			warnings = append(warnings, fmt.Sprintf("%s: its clock is off: it began %v before the plan was written",
				name, planned.Written.Sub(s.first).Round(time.Second)))
		case s.last.After(now.Add(clockSlack)):
			warnings = append(warnings, fmt.Sprintf("%s: its clock is off: it ended %v in the future", name, s.last.Sub(now).Round(time.Second)))
		case s.End.Ended.Before(s.Record.Started):
			warnings = append(warnings, name+": its clock was set back while it measured")
		}
		if !s.End.Resumed.IsZero() {
			warnings = append(warnings, fmt.Sprintf("%s: measured in several sittings, the last from %s: the machine may have changed between them",
				name, s.End.Resumed.UTC().Format(time.DateTime)))
		}
		index := fmt.Sprint(s.Record.Index)
		byHost[s.Record.HostID] = append(byHost[s.Record.HostID], index)
		version := strings.TrimSpace(s.Host.Version + " " + s.Host.Commit)
		byVersion[version] = append(byVersion[version], index)
	}
	for _, s := range all {
		if same := byHost[s.Record.HostID]; len(same) > 1 && same[0] == fmt.Sprint(s.Record.Index) {
			warnings = append(warnings, fmt.Sprintf("shards %s were measured on one machine, %s: they say nothing about the difference between machines",
				strings.Join(same, ", "), cmp.Or(s.Host.Hostname, s.Record.HostID)))
		}
	}
	if len(byVersion) > 1 {
		warnings = append(warnings, "the shards were measured by different versions of tunbench: "+versions(byVersion))
	}
	return warnings
}

func versions(byVersion map[string][]string) string {
	var parts []string
	for version, indexes := range byVersion {
		parts = append(parts, fmt.Sprintf("%s (%s)", cmp.Or(version, "unknown"), strings.Join(indexes, ", ")))
	}
	slices.Sort(parts)
	return strings.Join(parts, "; ")
}
