package host

import (
	"path"
	"strconv"
	"strings"
)

// CPUQuota returns the tightest limit of CPU time on this process, in CPUs; limited is
// false where there is none that is less than the CPUs it may use, or nobody can tell.
func CPUQuota() (cpus float64, limited bool) {
	cpus, limited, err := Local().Quota()
	if err != nil {
		return 0, false
	}
	if allowed, err := AllowedCPUs(); err == nil && cpus >= float64(len(allowed)) {
		return 0, false
	}
	return cpus, limited
}

// Quota returns the tightest limit of CPU time, in CPUs, on the control group of this
// process or on one above it. It walks every hierarchy named in proc_pid_cgroup(5) from the
// process's group to the top. Inside a container the path may not exist below the mount; the
// walk then still meets the container's own top.
func (m Machine) Quota() (cpus float64, limited bool, err error) {
	groups, err := m.Read("proc/self/cgroup")
	if err != nil {
		return 0, false, err
	}
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		for group := path.Clean("/" + fields[2]); ; group = path.Dir(group) {
			if q, found := m.groupQuota(fields[1], group); found && (!limited || q < cpus) {
				cpus, limited = q, true
			}
			if group == "/" {
				break
			}
		}
	}
	return cpus, limited, nil
}

// groupQuota reads cpu.max of version 2 (an empty controller list) or
// cpu.cfs_quota_us of version 1, in CPUs.
func (m Machine) groupQuota(controllers, group string) (cpus float64, limited bool) {
	if controllers == "" {
		for _, mount := range []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"} {
			if text, err := m.Read(path.Join(mount, group, "cpu.max")); err == nil {
				quota, period, _ := strings.Cut(text, " ")
				return ratio(quota, period)
			}
		}
		return 0, false
	}
	for controller := range strings.SplitSeq(controllers, ",") {
		if controller != "cpu" {
			continue
		}
		folder := path.Join("sys/fs/cgroup/cpu", group)
		quota, errQuota := m.Read(path.Join(folder, "cpu.cfs_quota_us"))
		period, errPeriod := m.Read(path.Join(folder, "cpu.cfs_period_us"))
		if errQuota == nil && errPeriod == nil {
			return ratio(quota, period)
		}
	}
	return 0, false
}

// ratio is quota/period; "max" and -1 mean no limit.
func ratio(quota, period string) (float64, bool) {
	q, errQuota := strconv.ParseFloat(quota, 64)
	p, errPeriod := strconv.ParseFloat(period, 64)
	if errQuota != nil || errPeriod != nil || q <= 0 || p <= 0 {
		return 0, false
	}
	return q / p, true
}
