package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// freshFor is how long package indexes are used before they are fetched again.
const freshFor = 24 * time.Hour

// Archive takes kernels from Debian's archive with the machine's own package client. Its sources, indexes and packages are in a
// folder of its own; nothing is installed. It is for one goroutine.
type Archive struct {
	dir     string
	kernels catalog
	notices []string
}

// OpenArchive returns the archive that keeps its state in a folder, which it makes. It returns an *UnsupportedError where apt is
// missing or knows no Debian mirror.
func OpenArchive(dir string) (*Archive, error) {
	for _, tool := range []struct{ name, in string }{{"apt-get", "apt"}, {"dpkg-deb", "dpkg"}} {
		if _, err := exec.LookPath(tool.name); err != nil {
			return nil, &UnsupportedError{tool.name, "install the package " + tool.in + ", or give --kernel and --modules"}
		}
	}
	a := &Archive{dir: dir}
	for _, folder := range []string{"state/lists/partial", "cache/archives/partial", "packages", "kernels"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return nil, fmt.Errorf("make package cache: %w", err)
		}
	}
	return a, nil
}

// Get downloads and unpacks the newest kernel that a pattern means, unless it is there already.
func (a *Archive) Get(ctx context.Context, p Pattern) (Kernel, error) {
	release, err := lock(ctx, a.path("lock"), nil)
	if err != nil {
		return Kernel{}, err
	}
	defer release()
	if err := a.load(ctx); err != nil {
		return Kernel{}, err
	}
	parts, err := a.kernels.choose(p)
	if err != nil {
		return Kernel{}, errors.Join(append([]error{err}, a.noticeErrors()...)...)
	}
	image := parts[0]
	root := filepath.Join(a.dir, "kernels", image.release+"_"+image.Version)
	if _, err := os.Stat(root); err != nil {
		if err := a.unpack(ctx, parts, root); err != nil {
			return Kernel{}, fmt.Errorf("get kernel %s: %w", p, err)
		}
	}
	k, err := unpackedKernel(root, image.release)
	k.Name, k.Package = p.String(), image.Version+" of "+image.Suite
	return k, err
}

// noticeErrors are what apt said when it could not fetch an index: a suite may have left the mirror, and is then not offered.
func (a *Archive) noticeErrors() (errs []error) {
	for _, n := range a.notices {
		errs = append(errs, errors.New(n))
	}
	return errs
}

// unpack leaves the contents of packages in root, all or nothing.
func (a *Archive) unpack(ctx context.Context, parts []kernelPackage, root string) error {
	partial, err := os.MkdirTemp(filepath.Dir(root), "partial-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(partial)
	for _, p := range parts {
		if err := a.unpackOne(ctx, p, partial); err != nil {
			return err
		}
	}
	return os.Rename(partial, root)
}

func (a *Archive) unpackOne(ctx context.Context, p kernelPackage, into string) error {
	download, err := os.MkdirTemp(filepath.Join(a.dir, "packages"), "get-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(download)
	get := a.command(ctx, "apt-get", "download", "-q", p.Name+"="+p.Version)
	get.Dir = download
	if _, err := output(get); err != nil {
		return errors.Join(ctx.Err(), &UnsupportedError{"the package " + p.Name + ", which cannot be downloaded: " + err.Error(), "try again, or give --kernel and --modules"})
	}
	files, err := filepath.Glob(filepath.Join(download, "*.deb"))
	if err != nil || len(files) != 1 {
		return fmt.Errorf("download %s: %d packages came", p.Name, len(files))
	}
	_, err = output(exec.CommandContext(ctx, "dpkg-deb", "-x", files[0], into))
	return err
}

// load reads the package indexes, which it fetches where they are missing or old.
func (a *Archive) load(ctx context.Context) error {
	if a.kernels != nil {
		return nil
	}
	stamp := filepath.Join(a.dir, "state", "updated")
	info, statErr := os.Stat(stamp)
	old := statErr != nil || time.Since(info.ModTime()) > freshFor
	if old {
		if err := a.update(ctx); err != nil {
			return err
		}
	}
	listing, err := output(a.command(ctx, "apt-get", "indextargets", "--format", "$(FILENAME)|$(CODENAME)|$(RELEASE)", "Created-By: Packages"))
	if err != nil {
		return fmt.Errorf("list package indexes: %w", err)
	}
	for line := range strings.Lines(listing) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 3 {
			continue
		}
		text, err := output(a.command(ctx, "/usr/lib/apt/apt-helper", "cat-file", f[0]))
		if err != nil {
			return fmt.Errorf("read package index: %w", err)
		}
		if err := a.kernels.readIndex(f[1], strings.NewReader(text)); err != nil {
			return err
		}
	}
	if len(a.kernels) == 0 || !old {
		return nil
	}
	if err := os.WriteFile(stamp, nil, 0o644); err != nil { // not where nothing came: the next try is to fetch again
		return fmt.Errorf("update package indexes: %w", err)
	}
	return nil
}

// update writes the client's configuration and fetches the indexes. A suite that cannot be fetched is noted and not offered.
func (a *Archive) update(ctx context.Context) error {
	if err := a.configure(ctx); err != nil {
		return err
	}
	if _, err := output(a.command(ctx, "apt-get", "update", "-q")); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		a.notices = append(a.notices, "update package indexes: "+err.Error())
	}
	return nil
}

func (a *Archive) configure(ctx context.Context) error {
	listing, err := output(exec.CommandContext(ctx, "apt-get", "indextargets", "--no-release-info", "--format", indexFormat, "Created-By: Packages"))
	if err != nil {
		return fmt.Errorf("list this machine's package sources: %w", err)
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return fmt.Errorf("tell this machine's Debian suite: %w", err)
	}
	list, err := sourcesList(parseSources(listing), osRelease(string(release), "VERSION_CODENAME"))
	if errors.Is(err, errNoMirror) {
		return &UnsupportedError{"a Debian mirror in apt's sources", "run this on Debian, or give --kernel and --modules"}
	}
	if err != nil {
		return err
	}
	acquire, err := output(exec.CommandContext(ctx, "apt-config", "dump", "Acquire"))
	if err != nil {
		return fmt.Errorf("read apt's configuration: %w", err)
	}
	if err := os.WriteFile(a.path("sources.list"), []byte(list), 0o644); err != nil {
		return err
	}
	return os.WriteFile(a.path("apt.conf"), []byte(a.config(acquire)), 0o644)
}

// config has the machine's own way to the network and our folders. The machine's other settings stay out: their hooks would run.
func (a *Archive) config(acquire string) string {
	var b strings.Builder
	for line := range strings.Lines(acquire) {
		if !strings.HasPrefix(line, "Acquire::IndexTargets") {
			b.WriteString(line)
		}
	}
	for _, setting := range [][2]string{
		{"Dir::Etc::main", "/dev/null"},
		{"Dir::Etc::parts", "/dev/null"},
		{"Dir::Etc::sourcelist", a.path("sources.list")},
		{"Dir::Etc::sourceparts", "/dev/null"},
		{"Dir::State", a.path("state")},
		{"Dir::State::lists", "lists"},
		{"Dir::State::status", "/dev/null"},
		{"Dir::Cache", a.path("cache")},
		{"Acquire::Languages", "none"},
		{"Acquire::GzipIndexes", "true"},
		{"APT::Sandbox::User", "root"},
	} {
		fmt.Fprintf(&b, "%s %q;\n", setting[0], setting[1])
	}
	return b.String()
}

func (a *Archive) path(name string) string { return filepath.Join(a.dir, name) }

// command is a command of the package client that sees our configuration first.
func (a *Archive) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "APT_CONFIG="+a.path("apt.conf"), "LC_ALL=C")
	return cmd
}

// output runs a command and returns what it printed; its error has the command and what it said last.
func output(cmd *exec.Cmd) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(stderr.String())
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, lastLines(said, 3))
	}
	return stdout.String(), nil
}
