package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// commitDigits is as many of a commit's name as tell it from others.
const commitDigits = 12

// revision builds a revision of the repository.
func (w *Workshop) revision(ctx context.Context, revision string) (Program, error) {
	top, commit, err := w.find(ctx, revision)
	if err != nil {
		return Program{}, err
	}
	defer w.building(revisionPrefix + revision)()
	source, err := w.checkOut(ctx, top, commit)
	if err != nil {
		return Program{}, err
	}
	path, err := w.build(ctx, source, commit)
	if err != nil {
		return Program{}, fmt.Errorf("%s%s: %w", revisionPrefix, revision, err)
	}
	return Program{
		Path: path, Label: fmt.Sprintf("%s%s (%s)", revisionPrefix, revision, commit), Word: revisionPrefix + commit, Built: true,
	}, os.RemoveAll(source)
}

// find returns the repository's folder and a revision's commit.
func (w *Workshop) find(ctx context.Context, revision string) (top, commit string, err error) {
	if top, err = w.git(ctx, w.repository, "rev-parse", "--show-toplevel"); err != nil {
		return "", "", noRepository(revision, err)
	}
	commit, err = w.git(ctx, top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return "", "", w.noRevision(ctx, top, revision, err)
	}
	return top, commit[:commitDigits], nil
}

// noRepository explains that git finds no repository; any other error is as it was.
func noRepository(revision string, err error) error {
	if !strings.Contains(err.Error(), "not a git repository") {
		return err
	}
	return fmt.Errorf("%s%s: repository %w: run tunbench inside a clone of the source, or give a program or the folder of its source instead (%w)", revisionPrefix, revision, ErrNotFound, err)
}

// noRevision explains that git knows no such revision.
func (w *Workshop) noRevision(ctx context.Context, top, revision string, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if shallow, _ := w.git(ctx, top, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return fmt.Errorf("%s%s: revision %w: this clone is shallow: fetch its whole history (git fetch --unshallow)", revisionPrefix, revision, ErrNotFound)
	}
	return fmt.Errorf("%s%s: revision %w in %s", revisionPrefix, revision, ErrNotFound, top)
}

// checkOut writes the files of a commit into a new folder. It has an index of its own, so
// that the repository and its working copy stay as they are whatever ends this process.
func (w *Workshop) checkOut(ctx context.Context, top, commit string) (string, error) {
	place, err := w.place()
	if err != nil {
		return "", err
	}
	index := "GIT_INDEX_FILE=" + filepath.Join(place, "index")
	for _, args := range [][]string{
		{"read-tree", commit},
		{"checkout-index", "--all", "--prefix=" + filepath.Join(place, "source") + "/"},
	} {
		if _, err := (command{dir: top, env: []string{index}, args: append([]string{"git"}, args...)}).run(ctx); err != nil {
			return "", fmt.Errorf("check out %s: %w", commit, err)
		}
	}
	return filepath.Join(place, "source"), nil
}

func (w *Workshop) git(ctx context.Context, dir string, args ...string) (string, error) {
	return command{dir: dir, args: append([]string{"git"}, args...)}.run(ctx)
}

// build compiles the source in a folder. The program is named after the version, as
// records show it.
func (w *Workshop) build(ctx context.Context, source, version string) (string, error) {
	if _, err := os.Stat(filepath.Join(source, "bench")); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s: source of tunbench %w, it has no folder bench: %s", source, ErrNotFound, wanted)
	}
	place, err := w.place()
	if err != nil {
		return "", err
	}
	path := filepath.Join(place, "tunbench-"+version)
	// What go and its compilers put down on their way goes when the rest does, even if
	// they are killed.
	temp := filepath.Join(place, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		return "", fmt.Errorf("make a place to build: %w", err)
	}
	// As the Makefile has it, but for the stamp of the commit: git refuses to tell that of
	// a working copy of another user.
	build := command{dir: source, env: []string{"CGO_ENABLED=0", "GOTMPDIR=" + temp, "TMPDIR=" + temp}, args: []string{"go", "build", "-trimpath", "-buildvcs=false", "-o", path, "./bench"}}
	if _, err := build.run(ctx); err != nil {
		return "", fmt.Errorf("build: %w", err)
	}
	return path, nil
}
