package forwarder

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"tunbench/forwarder/tun"
	"tunbench/ringbuf"
)

// publishEvery is the number of rounds after which a worker that never sleeps publishes its
// counters.
const publishEvery = 64

// worker owns a thread and some queues of both devices, of the same indexes. Everything in it
// but the published counters belongs to that thread.
type worker struct {
	number int
	queues []int // their indexes
	naps   bool  // short sleeps may hold a processor of the Go scheduler
	spin   spinPolicy
	place  *place
	stop   *atomic.Bool
	note   func(string)
	poller *poller
	engine engine
	arenas []*ringbuf.Arena // of each index
	ways   []*direction     // A to B, B to A, of each index
	shared sharing
	looks  looks
	sleeps atomic.Uint64
}

// Workers returns how many workers there will be: one for each queue of a device, but no more
// than there are CPUs for them, which are those of Config.CPUs or all.
func Workers(queues int, cpus []int) int {
	if len(cpus) == 0 {
		return min(queues, runtime.NumCPU())
	}
	return min(queues, len(distinct(cpus)))
}

// distinct is each CPU once, in the order in which they are named first.
func distinct(cpus []int) (once []int) {
	for _, cpu := range cpus {
		if !slices.Contains(once, cpu) {
			once = append(once, cpu)
		}
	}
	return once
}

// newWorker makes what one of so many workers needs. note is told what it has to do without.
func newWorker(number, workers int, cfg Config, wake int, left chan<- struct{}, stop *atomic.Bool, note func(string)) (w *worker, err error) {
	w = &worker{
		number: number,
		naps:   workers < runtime.GOMAXPROCS(0),
		spin:   newSpinPolicy(cfg.Spin),
		place:  newPlace(number, workers, cfg, left),
		stop:   stop,
		note:   note,
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("worker %d: %w", number, err), w.close())
			w = nil
		}
	}()
	var sources []*tun.Queue
	for i := number; i < len(cfg.A); i += workers {
		w.queues = append(w.queues, i)
		sources = append(sources, cfg.A[i], cfg.B[i])
	}
	if len(cfg.IntakeA) > 0 {
		w.shared.sides = []*side{newSide(cfg.IntakeA[number], workers), newSide(cfg.IntakeB[number], workers)}
		cfg.Batch = min(cfg.Batch, usualBatch) // with a ring longer ones gain nothing
	}
	if w.engine, err = newEngine(cfg, sources, note); err != nil {
		return w, err
	}
	for _, i := range w.queues {
		if err := w.serve(cfg, i, note); err != nil {
			return w, err
		}
	}
	var bells []int
	for _, side := range w.shared.sides {
		bells = append(bells, side.ring.BellFD())
	}
	w.poller, err = newPoller(w.ways, wake, bells)
	return w, err
}

// serve makes the two directions of a queue index.
func (w *worker) serve(cfg Config, index int, note func(string)) error {
	sets := 2 // one that is being read while the other is being written
	if len(w.shared.sides) > 0 {
		sets = 3 // and one for packets that are copied out of a ring
	}
	arena, err := newArena(2 * sets * cfg.Batch)
	if err != nil {
		return err
	}
	w.arenas = append(w.arenas, arena)
	a, b := cfg.A[index], cfg.B[index]
	for i, q := range [2][2]*tun.Queue{{a, b}, {b, a}} {
		var memory [3]*frames
		for k := range sets {
			memory[k] = newFrames(arena, (i*sets+k)*cfg.Batch, cfg.Batch, a.VnetHdrLen())
		}
		d := newDirection(cfg, q[0], q[1], memory, batches(w.engine), note)
		if len(w.shared.sides) > 0 {
			w.shared.sides[i].ways = append(w.shared.sides[i].ways, d)
		}
		w.ways = append(w.ways, d)
	}
	return nil
}

// close releases what newWorker made, however far it came.
func (w *worker) close() error {
	var errs []error
	if w.engine != nil {
		errs = append(errs, w.engine.close())
	}
	for _, arena := range w.arenas {
		errs = append(errs, arena.Close())
	}
	if w.poller != nil {
		errs = append(errs, w.poller.close())
	}
	return errors.Join(errs...)
}

// run forwards until stop is set or a device fails. Its thread may be pinned,
// so it is never unlocked and ends with the goroutine.
func (w *worker) run() error {
	runtime.LockOSThread()
	defer w.publish()
	defer w.shared.abandon() // it is empty unless this failed
	if err := w.place.start(); err != nil {
		return fmt.Errorf("worker %d: %w", w.number, err)
	}
	if err := w.engine.enable(); err != nil {
		return fmt.Errorf("worker %d: %w", w.number, err)
	}
	if err := errors.Join(w.loop(), w.engine.disable()); err != nil {
		return fmt.Errorf("worker %d: %w", w.number, err)
	}
	return nil
}

func (w *worker) loop() error {
	if err := w.shared.start(); err != nil {
		w.note(err.Error() + "; all packets are read from the devices")
	}
	for rounds := 1; !w.stop.Load(); rounds++ {
		moved, err := w.round()
		if err != nil {
			return err
		}
		switch {
		case moved == 0:
			if err := w.idle(); err != nil {
				return err
			}
		case w.place.away() && w.spin.packets >= manyPackets: // a turn that may have no end
			w.place.goHome(time.Now())
		}
		if rounds%publishEvery == 0 {
			w.publish()
		}
	}
	// What was read is written, also when the end has come.
	for w.shared.close(); !w.shared.ended(); {
		if _, err := w.round(); err != nil {
			return err
		}
	}
	for _, d := range w.ways {
		d.want = 0
	}
	return w.exchange()
}

// exchange writes the outputs of all directions and reads what they want.
func (w *worker) exchange() error {
	for _, d := range w.ways {
		d.changed = d.changed || d.want > 0 || len(d.outs) > 0
	}
	return w.engine.exchange(w.ways)
}

// round writes what the last round read, reads what there is now, and returns how many
// packets that were.
func (w *worker) round() (moved int, err error) {
	if err := w.ask(); err != nil {
		return 0, err
	}
	if err := w.exchange(); err != nil {
		return 0, err
	}
	for _, d := range w.ways {
		d.arrange()
	}
	if err := w.shared.take(); err != nil {
		return 0, err
	}
	for i, d := range w.ways {
		n, err := d.process()
		if err != nil {
			return moved, err
		}
		if n > 0 {
			w.spin.moved(i%2, n)
		}
		moved += n
	}
	w.looks.idle = moved == 0
	return moved, nil
}

// ask decides how many packets each direction is asked for.
func (w *worker) ask() error {
	if w.looks.due(&w.shared) {
		if err := w.poller.look(); err != nil {
			return err
		}
	}
	for _, d := range w.ways {
		d.want = d.pace.next()
	}
	return nil
}

func (w *worker) publish() {
	for _, side := range w.shared.sides {
		side.count()
	}
	for _, d := range w.ways {
		if d.changed {
			d.changed = false
			d.published.publish(&d.counters)
		}
	}
}

// stats adds an entry for each of the worker's queues.
func (w *worker) stats(all []WorkerStats) {
	for k, i := range w.queues {
		all[i] = WorkerStats{Queue: i, AToB: w.ways[2*k].published.stats(), BToA: w.ways[2*k+1].published.stats()}
	}
	all[w.queues[0]].Sleeps = w.sleeps.Load()
	all[w.queues[0]].Moves = w.place.moves.Load()
}
