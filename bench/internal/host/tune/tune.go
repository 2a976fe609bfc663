package tune

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tunbench/bench/internal/host"
)

// DefaultJournal is where the journal of a host lies. Like the settings it is gone after a reboot.
const DefaultJournal = "/run/tunbench/tune.journal"

// Tuner turns the knobs of a machine. Two at once exclude each other by a lock on the journal's folder.
type Tuner struct {
	Machine host.Machine
	Journal string // path of the file; see DefaultJournal

	step func() // called after everything that changes a file or a process; may be nil
}

// State is what came of one place of a knob.
type State string

// The states. Set, Wanted, Absent and Left are of a tune, the others of a reset.
const (
	Set      State = "set"
	Wanted   State = "as wanted"
	Absent   State = "not there"
	Left     State = "left alone" // Note says why
	Restored State = "restored"
	Before   State = "as before" // it needed no change
	Gone     State = "gone"      // what was changed is not there any more
)

// Setting is one place of a knob.
type Setting struct {
	Knob  string `json:"knob"`
	State State  `json:"state"`
	Place string `json:"place,omitempty"` // a file or a process
	Was   string `json:"was,omitempty"`
	Now   string `json:"now,omitempty"`
	Note  string `json:"note,omitempty"`
}

// planned is a change that tune makes.
type planned struct {
	Change
	place   place
	setting int // among the settings
}

// plan reads every knob and says what tune does with it.
func (t *Tuner) plan() (settings []Setting, changes []planned) {
	for _, k := range Knobs() {
		places := k.places(t.Machine)
		if len(places) == 0 {
			note := k.absent
			if note == "" {
				note = "not in this kernel"
			}
			settings = append(settings, Setting{Knob: k.Name, State: Absent, Note: note})
		}
		for _, p := range places {
			change := p.change()
			change.Knob = k.Name
			setting := Setting{Knob: k.Name, Place: change.Place()}
			if planned := t.decide(k, p, &change, &setting); planned {
				changes = append(changes, plannedOf(change, p, len(settings)))
			}
			settings = append(settings, setting)
		}
	}
	return settings, changes
}

func plannedOf(c Change, p place, setting int) planned { return planned{c, p, setting} }

// decide fills in what is done with one place, and says whether that is a change.
func (t *Tuner) decide(k Knob, p place, change *Change, setting *Setting) bool {
	current, err := p.read()
	if err != nil {
		setting.State, setting.Note = Left, err.Error()
		return false
	}
	setting.Was, setting.Now = current, current
	want := k.want
	if k.process != "" {
		want = pause
	}
	value, leave := want(current)
	switch {
	case leave != "":
		setting.State, setting.Note = Left, leave
		return false
	case value == "":
		setting.State = Wanted
		return false
	}
	if err := p.writable(); err != nil && !errors.Is(err, os.ErrPermission) {
		setting.State, setting.Note = Left, err.Error()
		return false
	}
	change.Was, change.Set = current, value
	change.Tied = k.tiedTo(t.Machine, change.File)
	setting.State, setting.Now, setting.Note = Set, value, k.Why
	return true
}

// Plan says what Tune would do, and changes nothing.
func (t *Tuner) Plan() []Setting {
	settings, _ := t.plan()
	return settings
}

// Tune sets every knob that this machine has, and returns what it did. Values as they were before the first Tune are
// in the journal until Reset. Where the user may not set one of them, it returns an error that is host.ErrCannot and
// has set none. If a change fails, those before it are undone.
func (t *Tuner) Tune() (settings []Setting, err error) {
	unlock, err := t.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	old, err := t.open()
	if err != nil {
		return nil, err
	}
	settings, changes := t.plan()
	for _, c := range changes {
		if err := c.place.writable(); err != nil {
			return nil, refused(c.Place(), err)
		}
	}
	if len(changes) == 0 {
		return settings, nil
	}
	journal := t.journal(old, changes)
	if err := journal.write(t.Journal); err != nil {
		return nil, err
	}
	t.stepped()
	for i, c := range changes {
		if err := c.place.write(c.Set); err != nil {
			return nil, errors.Join(fmt.Errorf("tune %s: %w", c.Knob, err), t.rollBack(old, changes[:i+1]))
		}
		t.stepped()
		if err := t.noteTied(journal, c.Change); err != nil {
			return nil, errors.Join(fmt.Errorf("tune %s: %w", c.Knob, err), t.rollBack(old, changes[:i+1]))
		}
	}
	return settings, nil
}

// open reads the journal; one of an earlier boot is none.
func (t *Tuner) open() (*Journal, error) {
	j, err := readJournal(t.Journal)
	if err != nil || j == nil || j.Boot != t.boot() {
		return nil, err
	}
	return j, nil
}

// boot tells one run of the kernel from the next.
func (t *Tuner) boot() string {
	id, _ := t.Machine.Read("proc/sys/kernel/random/boot_id")
	return id
}

// journal is what a reset needs after the changes: of a place that was changed before, the value before that.
func (t *Tuner) journal(old *Journal, changes []planned) *Journal {
	j := &Journal{Kind: journalKind, Schema: journalSchema, Boot: t.boot(), Time: time.Now().UTC()}
	if old != nil {
		j.Time, j.Changes = old.Time, slices.Clone(old.Changes)
	}
	for _, c := range changes {
		i := slices.IndexFunc(j.Changes, c.same)
		if i < 0 {
			j.Changes = append(j.Changes, c.Change)
			continue
		}
		j.Changes[i].Made = false // somebody undid it, or a reset that was killed: it is made anew
	}
	return j
}

// rollBack undoes changes that were made since old was the journal, whatever the kernel made of the last one. Where that
// fails, the journal stays for a reset.
func (t *Tuner) rollBack(old *Journal, changes []planned) error {
	var errs []error
	for _, c := range slices.Backward(changes) {
		now, err := c.place.read()
		if err == nil && now != c.Was {
			err = c.place.write(c.Was)
		}
		if errors.Is(err, os.ErrNotExist) {
			err = nil // a process that has ended
		}
		errs = append(errs, err, t.restoreTied(c.Change))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("undo what was set before (tunbench reset tries again): %w", err)
	}
	if old != nil {
		return old.write(t.Journal)
	}
	return removeJournal(t.Journal)
}

func (t *Tuner) stepped() {
	if t.step != nil {
		t.step()
	}
}

// lock makes the journal's folder and keeps others out of it.
func (t *Tuner) lock() (unlock func() error, err error) {
	folder := filepath.Dir(t.Journal)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, refused(folder, err)
	}
	f, err := os.Open(folder)
	if err != nil {
		return nil, refused(folder, err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err == nil && unix.Access(folder, unix.W_OK) != nil {
		err = os.ErrPermission
	}
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = fmt.Errorf("lock %s: another tunbench tune or reset is at work: wait until it has ended", folder)
	case err != nil:
		err = refused(folder, err)
	default:
		return func() error {
			// Close alone would leave the lock to a child that this process is about to start.
			return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
		}, nil
	}
	return nil, errors.Join(err, f.Close())
}

// refused is a *host.Unfit where the user lacks the right.
func refused(what string, err error) error {
	if !errors.Is(err, os.ErrPermission) && !errors.Is(err, unix.EROFS) {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return &host.Unfit{
		Missing: fmt.Sprintf("the right to write %s (%v)", what, err),
		Remedy:  "run as root of the host; in a container /proc/sys and /sys are read only unless it is privileged",
	}
}
