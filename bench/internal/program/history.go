package program

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

// Commit is one of a history.
type Commit struct {
	Hash    string // of so many digits as tell it from others
	Subject string // the first line of its message
	Merge   bool   // it has other parents besides the one before it
}

// History returns the commits from one revision to a later one, both among them, in order: along first parents, so a merge is one commit. They are of
// the repository that the program file lies in, or of the workshop's own where file is nil. Revisions are as git knows
// them, or with git: before that. One that is not there, or does not lead to the other, is ErrNotFound.
func (w *Workshop) History(ctx context.Context, file *File, from, to string) ([]Commit, error) {
	own := w
	if file != nil {
		own = &Workshop{repository: file.Folder()}
	}
	from, to = strings.TrimPrefix(from, revisionPrefix), strings.TrimPrefix(to, revisionPrefix)
	top, first, err := own.find(ctx, from)
	if err != nil {
		return nil, err
	}
	_, last, err := own.find(ctx, to)
	if err != nil {
		return nil, err
	}
	const format = "--format=%H%x00%P%x00%s"
	list, err := own.git(ctx, top, "log", "--first-parent", "--reverse", format, first+".."+last)
	if err != nil {
		return nil, fmt.Errorf("list commits from %s to %s: %w", from, to, err)
	}
	begin, err := own.git(ctx, top, "log", "-1", format, first)
	if err != nil {
		return nil, fmt.Errorf("look at %s: %w", from, err)
	}
	if list == "" {
		return nil, fmt.Errorf("commits from %s to %s: %w: want a revision, and a later one of the same branch", from, to, ErrNotFound)
	}
	var commits []Commit
	for i, line := range strings.Split(begin+"\n"+list, "\n") {
		fields := strings.SplitN(line, "\x00", 3)
		if len(fields) != 3 || len(fields[0]) < commitDigits {
			return nil, fmt.Errorf("list commits from %s to %s: git says %q", from, to, line)
		}
		parents := strings.Fields(fields[1])
		if i == 1 && (len(parents) == 0 || parents[0][:commitDigits] != first) {
			return nil, fmt.Errorf("the way of first parents from %s to %s: %w: want a commit of the branch itself (git log --first-parent %s)", from, to, ErrNotFound, to)
		}
		commits = append(commits, Commit{Hash: fields[0][:commitDigits], Subject: printable(fields[2]), Merge: len(parents) > 1})
	}
	return commits, nil
}

// printable is a text without what a terminal obeys.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// Revision is the word that asks for the commit.
func (c Commit) Revision() string { return revisionPrefix + c.Hash }
