package forward

import (
	"context"
	"fmt"
	"time"

	"tunbench/forwarder/tun"
)

// lookEvery is how often a watch looks: two calls into the kernel for each device.
const lookEvery = time.Second

// watch looks at what other programs do to the devices while we forward, of which our
// queues are not told.
type watch struct {
	notes   *notes
	devices []*tun.Device
	shared  map[*tun.Device]bool // whose sharing was noted
}

func newWatch(n *notes, devices ...*tun.Device) *watch {
	return &watch{notes: n, devices: devices, shared: map[*tun.Device]bool{}}
}

// run looks until ctx is done. The error is tun.ErrChanged where packets cannot be
// forwarded any more.
func (w *watch) run(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := w.look(); err != nil {
			return err
		}
	}
}

// look notes, once for each device, that another program has queues of it.
func (w *watch) look() error {
	for _, device := range w.devices {
		if err := device.Check(); err != nil {
			return err
		}
		others, err := device.Others()
		if err != nil || others == 0 || w.shared[device] {
			continue // unreadable: nothing to say
		}
		w.shared[device] = true
		w.notes.add(fmt.Sprintf("another program has queues of %v (%d): the flows that hash to them do not come here", device, others))
	}
	return nil
}
