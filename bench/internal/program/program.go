package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Program is a build of tunbench.
type Program struct {
	Path  string // absolute; "" is this process's own program
	Label string // where it is from, in words
	Word  string // what asks for the same program another day: of a revision its commit; else as it was asked for
	Built bool   // in a temporary folder, whose name says nothing to anybody
}

// ErrNotFound says that there is no such program, source or revision.
var ErrNotFound = errors.New("not found")

// wanted is what a word may be.
const wanted = "want the path of a tunbench binary or of its source, or " + revisionPrefix + "REVISION"

// revisionPrefix is before what is a revision rather than a path.
const revisionPrefix = "git:"

// Workshop finds programs, and builds those that are given as source or as a revision, in a temporary folder. It
// is for one goroutine, and must be closed.
type Workshop struct {
	repository string  // a folder in it
	folder     *Folder // nil until something is built
	built      int

	// Building is told what is about to be built, which takes minutes where nothing is cached; what it returns is called when that is done. It
	// may be nil.
	Building func(what string) (done func())
}

// NewWorkshop returns a workshop that takes revisions from the git repository that folder is in.
func NewWorkshop(folder string) *Workshop { return &Workshop{repository: folder} }

// Program is what a word of a command line asks for:
//
//	""       this process's own program
//	git:REV  a revision of the repository, built
//	FOLDER   a copy of the source as it stands there, built
//	FILE     a program
func (w *Workshop) Program(ctx context.Context, word string) (Program, error) {
	if word == "" {
		return Program{Label: "this program"}, nil
	}
	if revision, ok := strings.CutPrefix(word, revisionPrefix); ok {
		return w.revision(ctx, revision)
	}
	path, err := filepath.Abs(word)
	if err != nil {
		return Program{}, err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Program{}, fmt.Errorf("%s: %w: %s", word, ErrNotFound, wanted)
	case err != nil:
		return Program{}, err
	case !info.IsDir():
		return Program{Path: path, Label: word, Word: word}, nil
	}
	defer w.building("the source in " + word)()
	program, err := w.build(ctx, path, "folder")
	return Program{Path: program, Label: "the source in " + word, Word: word, Built: true}, err
}

func (w *Workshop) building(what string) (done func()) {
	if w.Building == nil {
		return func() {}
	}
	return w.Building(what)
}

// Close removes everything that the workshop built.
func (w *Workshop) Close() error {
	if w.folder == nil {
		return nil
	}
	if err := w.folder.Remove(); err != nil {
		return fmt.Errorf("remove builds: %w", err)
	}
	w.folder = nil
	return nil
}

// place is a new folder for one program.
func (w *Workshop) place() (string, error) {
	if w.folder == nil {
		var err error
		if w.folder, err = MakeFolder(ForBuilds); err != nil {
			return "", fmt.Errorf("make a place to build: %w", err)
		}
	}
	w.built++
	place := filepath.Join(w.folder.path, fmt.Sprint(w.built))
	if err := os.Mkdir(place, 0o755); err != nil {
		return "", fmt.Errorf("make a place to build: %w", err)
	}
	return place, nil
}
