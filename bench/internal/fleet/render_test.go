package fleet

import (
	"encoding/base64"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"tunbench/bench/internal/campaign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func request(t *testing.T, engine string) Request {
	r := Request{
		Engine: engine, Dir: filepath.Join(t.TempDir(), "fleet"), Plan: []byte("{\n  \"plan_schema\": 1\n}\n"), Hash: testHash,
		id: testID, What: "run, 3 scenarios", Binary: staticProgram(t), CPUs: 2, Memory: "2Gi",
	}
	switch engine {
	case "slurm":
		r.Shards = 12
	case "kubernetes":
		r.Shards, r.Image = 12, "registry.example.com/tunbench:1"
	case "ssh":
		r.Hosts, r.Sudo = []string{"root@a", "b"}, true
	}
	return r
}

// staticProgram is a program without libraries.
func staticProgram(t *testing.T) string { return compiled(t, "package main\n\nfunc main() {}\n") }

// compiled is a program without libraries, of a source.
func compiled(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", path, source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, said)
	}
	return path
}

// TestRender compares what is rendered with files that people have read.
func TestRender(t *testing.T) {
	for _, engine := range Engines() {
		r := request(t, engine)
		if err := Render(r); err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		dir := r.Dir
		f, err := LockFolder(dir)
		if err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		if _, err := LockFolder(dir); err == nil || !strings.Contains(err.Error(), "wait for its end") {
			t.Errorf("%s: two processes change the folder: %v", engine, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
			if e.IsDir() || e.Name() == binaryFile || e.Name() == lockFile {
				continue
			}
			golden := filepath.Join("testdata", engine, e.Name())
			got, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, got, 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
				t.Errorf("%s: %v, (-want +got):\n%s", golden, err, diff)
			}
		}
		for _, name := range []string{binaryFile, planFile, stateFile, resultsDir, logsDir} {
			if !strings.Contains(" "+strings.Join(names, " ")+" ", " "+name+" ") {
				t.Errorf("%s: no %s in %v", engine, name, names)
			}
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for name, tc := range map[string]struct {
		engine string
		change func(*Request)
		says   string
	}{
		"engine":        {"slurm", func(r *Request) { r.Engine = "nomad" }, "kubernetes, slurm, ssh"},
		"no shards":     {"slurm", func(r *Request) { r.Shards = 0 }, "give --shards N"},
		"many shards":   {"slurm", func(r *Request) { r.Shards = 5000 }, "1 to 1000"},
		"hosts":         {"slurm", func(r *Request) { r.Hosts = []string{"a"} }, "engine ssh"},
		"libraries":     {"slurm", func(r *Request) { r.Binary = shell }, "CGO_ENABLED=0"},
		"no program":    {"slurm", func(r *Request) { r.Binary = "/nowhere" }, "/nowhere"},
		"no binary":     {"slurm", func(r *Request) { r.Binary = "render_test.go" }, "want a build of tunbench"},
		"no image":      {"kubernetes", func(r *Request) { r.Image = "" }, "--image NAME"},
		"image":         {"kubernetes", func(r *Request) { r.Image = "a: {b}" }, "name of an image"},
		"memory":        {"kubernetes", func(r *Request) { r.Memory = "lots" }, "2Gi"},
		"cpus":          {"kubernetes", func(r *Request) { r.CPUs = 0 }, "1 or more"},
		"sudo":          {"kubernetes", func(r *Request) { r.Sudo = true }, "manifest"},
		"big plan":      {"kubernetes", func(r *Request) { r.Plan = make([]byte, 1<<20) }, "ConfigMap"},
		"no hosts":      {"ssh", func(r *Request) { r.Hosts = nil }, "--hosts FILE"},
		"more shards":   {"ssh", func(r *Request) { r.Shards = 3 }, "leave --shards out"},
		"folder in use": {"ssh", func(r *Request) { r.Dir = "." }, "it has files"},
	} {
		r := request(t, tc.engine)
		tc.change(&r)
		err := Render(r)
		if !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v does not say %q", name, err, tc.says)
		}
		if _, err := os.Stat(r.Dir); r.Dir != "." && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: it left a folder", name)
		}
	}
}

func TestOpenFolderRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ text, says string }{
		"none":   {"", "fleet render"},
		"torn":   {`{"fleet_schema":1,`, "render the plan again"},
		"newer":  {`{"fleet_schema":2,"engine":"slurm","shards":1}`, "newer tunbench"},
		"engine": {`{"fleet_schema":1,"engine":"nomad","shards":1}`, "want kubernetes, slurm, ssh"},
		"hash":   {`{"fleet_schema":1,"engine":"slurm","plan_hash":"; rm -rf ~;","shards":1}`, "12 digits"},
		"id":     {`{"fleet_schema":1,"engine":"slurm","plan_hash":"0123456789ab","folder_id":"..","shards":1}`, "8 digits"},
		"shards": {`{"fleet_schema":1,"engine":"slurm","plan_hash":"0123456789ab","folder_id":"4d5e6f70","shards":1001}`, "1 to 1000"},
		"ssh":    {`{"fleet_schema":1,"engine":"ssh","plan_hash":"0123456789ab","folder_id":"4d5e6f70","shards":1}`, "no command"},
		"jobs":   {`{"fleet_schema":1,"engine":"ssh","plan_hash":"0123456789ab","folder_id":"4d5e6f70","shards":1,"ssh":["ssh"],"jobs":[{"id":"a","shards":[1]}]}`, "shard 1 of 1"},
	} {
		dir := t.TempDir()
		if tc.text != "" {
			if err := os.WriteFile(filepath.Join(dir, stateFile), []byte(tc.text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := LockFolder(dir); !errors.As(err, new(*campaign.UsageError)) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v does not say %q", name, err, tc.says)
		}
	}
}

// TestTwoFolders: a plan that is rendered twice meets nothing of the first on other machines, neither jobs nor folders with results.
func TestTwoFolders(t *testing.T) {
	names, places := map[string]bool{}, map[string]bool{}
	for range 2 {
		r := request(t, "ssh")
		r.id = ""
		if err := Render(r); err != nil {
			t.Fatal(err)
		}
		f, err := OpenFolder(r.Dir)
		if err != nil {
			t.Fatal(err)
		}
		names[f.name()], places[remote(f, 0)] = true, true
	}
	if len(names) != 2 || len(places) != 2 {
		t.Errorf("%v, %v", names, places)
	}
}

// TestPlanInYAML: no character of a plan can end the block that it stands in.
func TestPlanInYAML(t *testing.T) {
	r := request(t, "kubernetes")
	r.Plan = []byte("{\"a\": \"\u0085x: y\u2028---\u2029\"}\n")
	if err := Render(r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(r.Dir, "plan.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		BinaryData map[string]string `yaml:"binaryData"`
	}
	if err := yaml.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if plan, err := base64.StdEncoding.DecodeString(got.BinaryData[planFile]); err != nil || string(plan) != string(r.Plan) {
		t.Errorf("%q, %v", plan, err)
	}
}
