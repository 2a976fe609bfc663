package program

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// repository has two commits of a program that says which it is, a third that does not build, and a tag for each.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "init", "-q")
	write("go.mod", "module tunbench\n")
	for _, version := range []string{`"one"`, `"two"`, "three"} {
		write("bench/main.go", "package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString("+version+") }\n")
		git(t, dir, "add", ".")
		git(t, dir, "-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "-q", "-m", "x")
		git(t, dir, "tag", strings.Trim(version, `"`))
	}
	return dir
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// workshop is one whose temporary folder is looked at in the end.
func workshop(t *testing.T, folder string) *Workshop {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	w := NewWorkshop(folder)
	t.Cleanup(func() {
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		// The compiler has a folder of its own there, which it removes.
		if left, err := filepath.Glob(filepath.Join(temp, "tunbench-*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	return w
}

func says(t *testing.T, p Program) string {
	t.Helper()
	out, err := exec.Command(p.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestProgram: revisions, folders and files; the repository stays as it is.
func TestProgram(t *testing.T) {
	dir := repository(t)
	git(t, dir, "checkout", "-q", "two")
	if err := os.WriteFile(filepath.Join(dir, "bench", "main.go"), []byte("package main\n\nfunc main() { print() }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	state := func() string {
		return git(t, dir, "status", "--porcelain") + git(t, dir, "worktree", "list") + git(t, dir, "for-each-ref")
	}
	before := state()
	w := workshop(t, filepath.Join(dir, "bench")) // anywhere within it
	var told []string
	w.Building = func(what string) func() {
		told = append(told, what)
		return func() { told = append(told, "done") }
	}
	one, err := w.Program(t.Context(), "git:one")
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, one); got != "one" || one.Label != "git:one ("+git(t, dir, "rev-parse", "one")[:12]+")" {
		t.Errorf("%+v says %q", one, got)
	}
	two, err := w.Program(t.Context(), "git:HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, two); got != "two" || two.Path == one.Path {
		t.Errorf("%+v says %q", two, got)
	}
	changed, err := w.Program(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if got := says(t, changed); got != "" || changed.Label != "the source in "+dir {
		t.Errorf("%+v says %q", changed, got)
	}
	if as, err := w.Program(t.Context(), one.Path); err != nil || as.Path != one.Path {
		t.Errorf("a file: %+v, %v", as, err)
	}
	if own, err := w.Program(t.Context(), ""); err != nil || own.Path != "" || own.Label == "" {
		t.Errorf("this program: %+v, %v", own, err)
	}
	if want := []string{"git:one", "done", "git:HEAD", "done", "the source in " + dir, "done"}; !slices.Equal(told, want) {
		t.Errorf("who watches is told %q, want %q", told, want)
	}
	if after := state(); after != before {
		t.Errorf("the repository was\n%s\nand is\n%s", before, after)
	}
}

func TestProgramErrors(t *testing.T) {
	dir := repository(t)
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "-q", "--depth", "1", "--no-tags", "file://"+dir, shallow)
	bare := t.TempDir()
	for name, test := range map[string]struct {
		folder, word string
		says         []string
		missing      bool
	}{
		"no revision":       {dir, "git:four", []string{"git:four", "not found", dir}, true},
		"an option":         {dir, "git:--help", []string{"git:--help", "not found"}, true},
		"nothing":           {dir, "git:", []string{"not found"}, true},
		"a file in it":      {dir, "git:HEAD:go.mod", []string{"not found"}, true},
		"a shallow clone":   {shallow, "git:one", []string{"shallow", "--unshallow"}, true},
		"no repository":     {bare, "git:one", []string{"git:one", "not a git repository", "inside a clone"}, true},
		"no path":           {dir, "/none/such", []string{"/none/such", "not found", "git:"}, true},
		"no source":         {dir, bare, []string{bare, "source of tunbench not found", "git:"}, true},
		"it does not build": {dir, "git:three", []string{"git:three", "go build", "undefined: three"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := workshop(t, test.folder).Program(t.Context(), test.word)
			if err == nil || errors.Is(err, ErrNotFound) != test.missing {
				t.Fatalf("%+v, %v", p, err)
			}
			for _, word := range test.says {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not mention %q", err, word)
				}
			}
		})
	}
}

// TestProgramWithoutTools: what is missing is named.
func TestProgramWithoutTools(t *testing.T) {
	dir := repository(t)
	onlyGit := t.TempDir()
	path, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path, filepath.Join(onlyGit, "git")); err != nil {
		t.Fatal(err)
	}
	for tool, path := range map[string]string{"git": t.TempDir(), "go": onlyGit} {
		t.Run(tool, func(t *testing.T) {
			t.Setenv("PATH", path)
			_, err := workshop(t, dir).Program(t.Context(), "git:one")
			if missing := (*ToolError)(nil); !errors.As(err, &missing) || missing.Tool != tool || !strings.Contains(err.Error(), tool+" is not in PATH") {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestInterruptedCommand: what it started ends too.
func TestInterruptedCommand(t *testing.T) {
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	pidFile := filepath.Join(t.TempDir(), "pid")
	go func() {
		defer cancel(enough)
		for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			if b, err := os.ReadFile(pidFile); err == nil && len(b) > 0 {
				return
			}
		}
	}()
	_, err := command{args: []string{"sh", "-c", "sleep 1000 & echo $! >" + pidFile + "; wait"}}.run(ctx)
	if !errors.Is(err, enough) {
		t.Errorf("%v", err)
	}
	b, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	stat := filepath.Join("/proc", strings.TrimSpace(string(b)), "stat")
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Millisecond) {
		text, err := os.ReadFile(stat)
		if err != nil || strings.Contains(string(text), ") Z") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still there: %s", text)
		}
	}
}

func TestInterruptedBuild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := workshop(t, repository(t)).Program(ctx, "git:one"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestLastLines(t *testing.T) {
	long := strings.Repeat("line\n", 30) + "last\n"
	if got := lastLines(long); strings.Count(got, "\n") != shownLines-1 || !strings.HasSuffix(got, "last") {
		t.Errorf("%q", got)
	}
	if got := lastLines(""); got != "" {
		t.Errorf("%q", got)
	}
}
