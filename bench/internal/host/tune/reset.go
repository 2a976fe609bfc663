package tune

import (
	"errors"
	"fmt"
	"os"
	"slices"
)

// Reset puts back what the journal says, last change first, and removes the journal. What somebody else has changed
// since stays as it is. Without a journal it does nothing and returns nothing.
func (t *Tuner) Reset() (settings []Setting, err error) {
	unlock, err := t.lock()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	j, err := t.open()
	if err != nil {
		return nil, err
	}
	if j == nil {
		return nil, removeJournal(t.Journal)
	}
	for _, c := range j.Changes {
		p := c.place(t.Machine)
		if now, err := p.read(); err != nil || now != c.Set || now == c.Was {
			continue // nothing to write here
		}
		if err := p.writable(); err != nil {
			return nil, refused(c.Place(), err)
		}
	}
	var errs []error
	for _, c := range slices.Backward(j.Changes) {
		setting, err := t.undo(c)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		settings = append(settings, setting)
		t.stepped()
	}
	if err := errors.Join(errs...); err != nil {
		return settings, fmt.Errorf("reset (the journal %s stays: try again): %w", t.Journal, err)
	}
	return settings, removeJournal(t.Journal)
}

// undo puts one value back if it is still the one that was set. It may be done again.
func (t *Tuner) undo(c Change) (Setting, error) {
	s := Setting{Knob: c.Knob, Place: c.Place(), Was: c.Set, Now: c.Was}
	p := c.place(t.Machine)
	now, err := p.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.State, s.Now = Gone, ""
		return s, nil
	case err != nil:
		return s, err
	case now == c.Was:
		s.State, s.Was = Before, now
	case now == c.Set:
		if err := p.write(c.Was); err != nil {
			return s, err
		}
		s.State = Restored
	default:
		s.State, s.Was, s.Now = Left, now, now
		s.Note = fmt.Sprintf("changed since by somebody else; it was %s before tune, which set %s", c.Was, c.Set)
		return s, nil
	}
	return s, t.restoreTied(c)
}

// restoreTied puts back what the kernel lost when the value was changed.
func (t *Tuner) restoreTied(c Change) error {
	var errs []error
	for _, v := range c.Tied {
		f := file{machine: t.Machine, name: v.File}
		now, err := f.read()
		if err == nil && now != v.Value {
			err = f.write(v.Value)
		}
		if !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
