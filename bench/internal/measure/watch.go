package measure

import (
	"slices"

	"tunbench/bench/internal/host"
	"tunbench/bench/internal/testbed"
)

// watchScene takes note of what a trial relies on: the devices of the scene and the CPUs.
// unchanged, when the trial is over, returns an error where somebody changed devices, and
// marks the trial where CPUs are limited or were taken away.
func (m *trial) watchScene() (unchanged func() error, err error) {
	before, err := m.scene.State()
	if err != nil {
		return nil, err
	}
	m.watchQuota()
	return func() error {
		after, err := m.scene.State()
		if err != nil {
			return err
		}
		if err := m.watchCPUs(); err != nil {
			return err
		}
		if changes := after.Changes(before); len(changes) > 0 {
			return &testbed.ChangedError{Changes: changes}
		}
		return nil
	}, nil
}

func (m *trial) watchQuota() {
	if cpus, limited := host.CPUQuota(); limited {
		m.warn("a quota of %.2f CPUs stops all threads of this process from time to time: run tunbench outside the limited control group", cpus)
	}
}

// watchCPUs marks a trial whose threads do not have the CPUs that they were meant to have.
func (m *trial) watchCPUs() error {
	now, err := host.AllowedCPUs()
	if err != nil {
		return err
	}
	switch {
	case !slices.Equal(now, m.allowed):
		m.warn("the CPUs that this process may use changed from %s to %s during the trial: threads do not run where they were pinned",
			host.CPUList(m.allowed), host.CPUList(now))
	case m.sharesCPU():
		m.warn("generator and device under test share CPU %d, so each figure includes the work of both: allow this process two CPUs", m.allowed[0])
	}
	return nil
}

// sharesCPU says that generator and device under test take turns on one CPU, because this
// process has only one, or had for a part of the time.
func (r *Rig) sharesCPU() bool {
	now, err := host.AllowedCPUs()
	return len(r.allowed) == 1 || err == nil && len(now) == 1
}
