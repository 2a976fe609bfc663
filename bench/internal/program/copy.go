package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Copy is a build of a program, made in a copy of the folder that its program file lies in.
type Copy struct {
	Folder string // absolute
	Label  string // where it is from, in words
	Word   string // what asks for the same copy another day: of a revision its commit; else as it was asked for
}

// Copy makes what a word of a command line asks for, of the repository or folder that the program file lies in, and builds it there as the
// file says:
//
//	git:REV  a revision of the repository
//	.        the files as they stand, also those that git does not know yet, without those that it ignores
//
// The folder of the program file stays as it is.
func (w *Workshop) Copy(ctx context.Context, file *File, word string) (Copy, error) {
	revision, isRevision := strings.CutPrefix(word, revisionPrefix)
	if !isRevision && word != "." {
		return Copy{}, fmt.Errorf("%s: %w: want %sREVISION, or . for %s as it stands", word, ErrNotFound, revisionPrefix, file.Folder())
	}
	own := &Workshop{repository: file.Folder(), folder: w.folder, built: w.built, Building: w.Building}
	defer func() { w.folder, w.built = own.folder, own.built }()
	c := Copy{Label: file.Name + " as it stands", Word: word}
	var top, source, commit string
	var err error
	if isRevision {
		if top, commit, err = own.find(ctx, revision); err != nil {
			return c, err
		}
		c.Label, c.Word = fmt.Sprintf("%s%s (%s)", revisionPrefix, revision, commit), revisionPrefix+commit
	}
	defer w.building(c.Label)()
	if isRevision {
		source, err = own.checkOut(ctx, top, commit)
	} else {
		top, source, err = own.duplicate(ctx)
	}
	if err != nil {
		return c, err
	}
	below, err := filepath.Rel(top, file.Folder())
	if err != nil {
		return c, fmt.Errorf("copy %s: %w", file.Name, err)
	}
	c.Folder = filepath.Join(source, below)
	if len(file.Build) == 0 {
		return c, nil
	}
	if _, err := os.Stat(c.Folder); err != nil {
		return c, fmt.Errorf("%s: %w: the folder %s of the program file is not in it", c.Label, ErrNotFound, below)
	}
	if _, err := (command{dir: c.Folder, args: file.Build}).run(ctx); err != nil {
		return c, fmt.Errorf("build %s: %w", c.Label, err)
	}
	return c, nil
}

// duplicate copies the files of the repository as they stand, or of the folder where there is none, and returns what was copied and where it
// is now.
func (w *Workshop) duplicate(ctx context.Context) (top, source string, err error) {
	place, err := w.place()
	if err != nil {
		return "", "", err
	}
	source = filepath.Join(place, "source")
	top, err = w.git(ctx, w.repository, "rev-parse", "--show-toplevel")
	if err != nil {
		if ctx.Err() != nil {
			return "", "", err
		}
		// No repository, or no git: all files.
		if err := os.CopyFS(source, os.DirFS(w.repository)); err != nil {
			return "", "", fmt.Errorf("copy %s: %w", w.repository, err)
		}
		return w.repository, source, nil
	}
	list, err := w.git(ctx, top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return "", "", fmt.Errorf("list files of %s: %w", top, err)
	}
	for name := range strings.SplitSeq(strings.Trim(list, "\x00"), "\x00") {
		if err := copyFile(filepath.Join(top, name), filepath.Join(source, name)); err != nil {
			return "", "", fmt.Errorf("copy %s: %w", top, err)
		}
	}
	return top, source, nil
}

// copyFile copies a file or a link; one that was deleted is left out, and so is a repository within the repository.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, os.ErrNotExist) || err == nil && info.IsDir() {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if info.Mode()&os.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
