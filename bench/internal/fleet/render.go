package fleet

import (
	"bytes"
	"crypto/rand"
	"debug/elf"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"
)

// maxShards is the largest number of machines: more than the largest array that Slurm takes by default (MaxArraySize) has no use here.
const maxShards = 1000

// Request says what is to be rendered.
type Request struct {
	Engine string // one of [Engines]
	Dir    string // a new or empty folder
	Plan   []byte // the plan's file
	Hash   string // of the plan
	What   string // it measures, in a line, for comments; may be ""
	Shards int    // machines; 0 with Hosts
	Binary string // path of a static build of tunbench
	Sudo   bool   // put sudo -n before tunbench; not of engine kubernetes

	Hosts []string // of engine ssh
	Shell []string // that reaches a host, of engine ssh; empty is ssh -o BatchMode=yes

	Image  string // that has the program, of engine kubernetes
	CPUs   int    // of a pod
	Memory string // of a pod, as Kubernetes writes it

	id string // of the folder; a test sets it
}

// file is a file of the rendered folder.
type file struct {
	name    string
	content []byte
	mode    fs.FileMode
}

//go:embed templates
var templates embed.FS

// hashForm is what names of jobs and folders may be made of.
var hashForm = regexp.MustCompile(`^[0-9a-f]{12}$`)

// idForm tells the folders of one plan apart: on other machines, nothing of one is taken for the other's.
var idForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

// Render writes a folder with the plan, the program, and what an engine takes: files to be read, and but for the plan edited, before [Folder.Submit]. A folder that has
// something in it is refused, and after an error there is none.
func Render(r Request) error {
	engine, err := findEngine(r.Engine)
	if err != nil {
		return err
	}
	if err := r.check(engine); err != nil {
		return err
	}
	if r.id == "" {
		id := make([]byte, 4)
		rand.Read(id) // it never fails
		r.id = hex.EncodeToString(id)
	}
	files, err := r.files(engine)
	if err != nil {
		return err
	}
	made, err := makeFolder(r.Dir)
	if err != nil {
		return err
	}
	if err := r.write(r.Dir, files); err != nil {
		return errors.Join(err, clearFolder(r.Dir, made))
	}
	return nil
}

func (r *Request) check(engine Engine) error {
	if !hashForm.MatchString(r.Hash) {
		return fmt.Errorf("render plan: %q is no hash of a plan", r.Hash)
	}
	if err := engine.check(r); err != nil {
		return err
	}
	if r.Shards < 1 || r.Shards > maxShards {
		return usage("%d machines are asked for, by --shards, --hosts or the plan: want 1 to %d", r.Shards, maxShards)
	}
	return checkStatic(r.Binary)
}

// checkStatic refuses a program that needs libraries, which other machines and an empty image may not have.
func checkStatic(path string) error {
	program, err := elf.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usage("--binary %s: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return usage("--binary %s: want a build of tunbench for Linux: %w", path, err)
	}
	defer program.Close()
	for _, part := range program.Progs {
		if part.Type == elf.PT_INTERP {
			return usage("--binary %s: it needs libraries that other machines may not have: build it with CGO_ENABLED=0 go build -trimpath -o bin/tunbench ./bench", path)
		}
	}
	return nil
}

// files are all but the program.
func (r *Request) files(engine Engine) ([]file, error) {
	files, err := engine.files(r)
	return append(files, file{planFile, r.Plan, 0o644}), err
}

func (r *Request) write(dir string, files []file) error {
	for _, sub := range []string{resultsDir, logsDir} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			return fmt.Errorf("render plan: %w", err)
		}
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.content, f.mode); err != nil {
			return fmt.Errorf("render plan: %w", err)
		}
	}
	if err := copyProgram(r.Binary, filepath.Join(dir, binaryFile)); err != nil {
		return fmt.Errorf("render plan: %w", err)
	}
	return state{Schema: stateSchema, Engine: r.Engine, PlanHash: r.Hash, PlanSum: sum(r.Plan), ID: r.id, Shards: r.Shards, Shell: r.Shell, Jobs: []Job{}}.write(dir)
}

// copyProgram makes the build that is measured part of the folder: one that is built anew meanwhile changes nothing.
func copyProgram(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// makeFolder makes a folder, or takes an empty one; made is whether it was not there.
func makeFolder(dir string) (made bool, err error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return false, fmt.Errorf("render plan: %w", err)
		}
		return true, nil
	case err != nil:
		return false, usage("-o %s: want a new folder: %w", dir, err)
	case len(entries) > 0:
		return false, usage("-o %s: it has files: want a new folder, or remove it", dir)
	}
	return false, nil
}

// clearFolder removes what a failed rendering left.
func clearFolder(dir string, whole bool) error {
	if whole {
		return os.RemoveAll(dir)
	}
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// fill fills in the templates of an engine.
func (r *Request) fill(modes map[string]fs.FileMode) (files []file, err error) {
	for name, mode := range modes {
		t, err := template.New(name).ParseFS(templates, "templates/"+r.Engine+"/"+name)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		var b bytes.Buffer
		if err := t.Execute(&b, r); err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		files = append(files, file{name, b.Bytes(), mode})
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// Name is what the engine calls the job.
func (r *Request) Name() string { return jobName(r.Hash, r.id) }

// Last is the index of the last shard.
func (r *Request) Last() int { return r.Shards - 1 }

// PlanBase64 is the plan as it is written where any text could end a block.
func (r *Request) PlanBase64() string { return base64.StdEncoding.EncodeToString(r.Plan) }
