package tune

import "time"

// Status is how far a host is tuned.
type Status struct {
	Since   time.Time // of the first tune
	Changes int       // in the journal
	Undone  int       // of them that do not have the value that tune wants: it was killed, or somebody changed them
}

// Status reads the journal; it is nil where there is none.
func (t *Tuner) Status() (*Status, error) {
	j, err := t.open()
	if j == nil || err != nil {
		return nil, err
	}
	s := &Status{Since: j.Time, Changes: len(j.Changes)}
	for _, c := range j.Changes {
		if now, err := c.place(t.Machine).read(); err != nil || now != c.Set {
			s.Undone++
		}
	}
	return s, nil
}
