package measure

import (
	"fmt"

	"tunbench/bench/internal/testbed"
)

// LeftError says that the device under test lives but has left one of its devices: what was lost since then is not
// what it can do.
type LeftError struct {
	DUT    string
	Device string
	Gone   bool // the device is no more
}

func (e *LeftError) Error() string {
	if e.Gone {
		return fmt.Sprintf("%s left its device during the trial and lives on: %s is gone", e.DUT, e.Device)
	}
	return fmt.Sprintf("%s left its device during the trial and lives on: nobody has a queue of %s any more", e.DUT, e.Device)
}

// watchHolds takes note of the devices that the device under test has. left, when the load is over, returns a
// *LeftError where it has left one, and marks the trial where it has fewer queues of one. The kernel itself leaves none.
func (m *trial) watchHolds() (left func() error, err error) {
	if !m.scenario.HasProcess() {
		return func() error { return nil }, nil
	}
	before, err := m.scene.Holds()
	if err != nil {
		return nil, err
	}
	return func() error {
		now, err := m.scene.Holds()
		if err != nil {
			return err
		}
		return m.compareHolds(before, now)
	}, nil
}

func (m *trial) compareHolds(before, now [2]testbed.Hold) error {
	for i, hold := range now {
		if hold.Gone || hold.Left {
			return m.withOutput(&LeftError{string(m.scenario.DUT), hold.Device, hold.Gone})
		}
		if hold.Queues < before[i].Queues {
			m.warn("%s closed %d of %d queues of %s during the trial", m.scenario.DUT, before[i].Queues-hold.Queues, before[i].Queues, hold.Device)
		}
	}
	return nil
}

// withOutput adds the last words of the device under test to an error, where it has a say.
func (r *Rig) withOutput(err error) error {
	if program, ok := r.running.(interface{ WithOutput(error) error }); ok {
		return program.WithOutput(err)
	}
	return err
}
