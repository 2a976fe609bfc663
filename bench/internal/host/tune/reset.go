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
	for i := range slices.Backward(j.Changes) {
		undone, err := t.undo(j, i)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		settings = append(settings, undone...)
		t.stepped()
	}
	if err := errors.Join(errs...); err != nil {
		return settings, fmt.Errorf("reset (the journal %s stays: try again): %w", t.Journal, err)
	}
	return settings, removeJournal(t.Journal)
}

// undo puts the value of a change back if it is still the one that was set, and what is tied to it. It may be done again.
func (t *Tuner) undo(j *Journal, change int) ([]Setting, error) {
	c := &j.Changes[change]
	s := Setting{Knob: c.Knob, Place: c.Place(), Was: c.Set, Now: c.Was}
	p := c.place(t.Machine)
	now, err := p.read()
	switch {
	case errors.Is(err, os.ErrNotExist):
		s.State, s.Now = Gone, ""
		return []Setting{s}, nil
	case err != nil:
		return nil, err
	case now == c.Was:
		s.State, s.Was = Before, now
		if !c.Undoing { // tune never made the change, or somebody undid it, with what is tied to it
			return []Setting{s}, nil
		}
	case now == c.Set:
		left, err := t.prepareTied(j, c)
		if err != nil {
			return nil, err
		}
		if err := p.write(c.Was); err != nil {
			return nil, err
		}
		t.stepped()
		s.State = Restored
		return append([]Setting{s}, left...), t.restoreTied(*c)
	default:
		s.State, s.Was, s.Now = Left, now, now
		s.Note = changedSince(c.Was, c.Set)
		return []Setting{s}, nil
	}
	return []Setting{s}, t.restoreTied(*c)
}

func changedSince(was, set string) string {
	return fmt.Sprintf("changed since by somebody else; it was %s before tune, which set %s", was, set)
}

// prepareTied writes down what each tied value must be after the change is undone: the one before tune, or the one that somebody has set
// since, which it returns as left alone.
func (t *Tuner) prepareTied(j *Journal, c *Change) (left []Setting, err error) {
	if len(c.Tied) == 0 || c.Undoing {
		return nil, nil
	}
	for i, v := range c.Tied {
		now, err := file{machine: t.Machine, name: v.File}.read()
		if err != nil || !c.Made || now == v.Value || v.Then != nil && now == *v.Then {
			continue // the kernel's doing, or nobody's
		}
		made := "nothing"
		if v.Then != nil {
			made = *v.Then
		}
		c.Tied[i].Value = now
		left = append(left, Setting{
			Knob: c.Knob, State: Left, Place: "/" + v.File, Was: now, Now: now,
			Note: fmt.Sprintf("changed since by somebody else; it was %s before tune, of which the kernel made %s", v.Value, made),
		})
	}
	c.Undoing = true
	return left, j.write(t.Journal)
}

// noteTied writes down what became of the values that are tied to a change which was made.
func (t *Tuner) noteTied(j *Journal, made Change) error {
	i := slices.IndexFunc(j.Changes, made.same)
	if i < 0 || len(j.Changes[i].Tied) == 0 {
		return nil
	}
	c := &j.Changes[i]
	c.Made, c.Undoing, c.Tied = true, false, slices.Clone(c.Tied)
	for k, v := range c.Tied {
		c.Tied[k].Then = nil
		if now, err := (file{machine: t.Machine, name: v.File}).read(); err == nil {
			c.Tied[k].Then = &now
		}
	}
	return j.write(t.Journal)
}

// restoreTied makes the tied values what the change says, where the kernel made something else of them.
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
