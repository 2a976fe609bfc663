package gate

import "errors"

// Reports are the files that a gate, or a check, writes besides its records.
type Reports struct{ markdown, junit *File }

// CreateReports finds out whether both can be written; "" is no file. Either Commit or Discard must follow.
func CreateReports(markdown, junit string) (r Reports, err error) {
	if r.markdown, err = CreateFile(markdown); err != nil {
		return r, err
	}
	if r.junit, err = CreateFile(junit); err != nil {
		return r, errors.Join(err, r.Discard())
	}
	return r, nil
}

// Commit writes a report into them.
func (r Reports) Commit(report Report) error {
	markdown, err := report.Markdown()
	if err != nil {
		return err
	}
	junit, err := report.JUnit()
	if err != nil {
		return err
	}
	return r.CommitTexts(markdown, junit)
}

// CommitTexts writes a text into each.
func (r Reports) CommitTexts(markdown string, junit []byte) error {
	return errors.Join(r.markdown.Commit([]byte(markdown)), r.junit.Commit(junit))
}

// Discard leaves things as they were. After Commit it does nothing.
func (r Reports) Discard() error { return errors.Join(r.markdown.Discard(), r.junit.Discard()) }
