package forwarder

import "time"

// longestRest bounds a sleep while rings are in use. No packet depends on it: each that
// finds the worker asleep rings a bell or comes by the device, and a bell that fails is
// rung by the next packet. It is there for the packet that has no next one.
const longestRest = time.Second

// idle returns when there may be something to do: it looks again for a while, then
// sleeps.
func (w *worker) idle() error {
	now := time.Now()
	packets := w.spin.packets
	spin := w.spin.next(now)
	w.place.turn(now, w.spin.last, packets)
	if spin > 0 && !w.place.away() {
		for deadline := now.Add(spin); !w.stop.Load(); {
			moved, err := w.round()
			if err != nil {
				return err
			}
			if moved > 0 {
				w.spin.ended(false)
				return nil
			}
			if !time.Now().Before(deadline) {
				break
			}
		}
	}
	if !w.shared.rest() {
		return nil
	}
	if !w.place.away() {
		w.spin.ended(true)
	}
	err := w.sleep()
	w.shared.woke()
	return err
}

// sleep waits for a packet on either side, or for the end.
//
// A short sleep holds on to the Go scheduler's processor, if others are left. When the
// runtime's monitor takes the processor from a sleeper, it looks for more to take every
// 20 µs, 50 times and on any CPU, this one included. A long sleep gives the processor away:
// workers that hold it would keep the rest of the program from running.
func (w *worker) sleep() error {
	w.publish()
	w.sleeps.Add(1)
	w.looks.slept = true
	if w.naps && !w.stop.Load() {
		if ready, err := w.poller.nap(); ready || err != nil {
			return err
		}
	}
	if w.place.away() {
		if !w.naps {
			if ready, err := w.poller.sleep(2 * napTick); ready || err != nil {
				return err
			}
		}
		w.place.goHome(time.Now()) // whoever comes next is not waited for beside somebody who has gone
	}
	longest := time.Duration(-1)
	if w.shared.inUse {
		longest = longestRest
	}
	_, err := w.poller.sleep(longest)
	return err
}
