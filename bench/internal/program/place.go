package program

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tunbench/bench/internal/yamlfile"
)

// prefix begins the names of what a program is told in its environment.
const prefix = "TUNBENCH_"

// DirVariable names the folder that a program has for itself. No other process has it in its environment.
const DirVariable = prefix + "DIR"

// Place describes to a program the scene that it runs in.
type Place struct {
	A, B     End               // of a program between two devices
	Tunnel   *TunnelEnd        // of one end of a tunnel; nil: the program is between two devices
	Dev      string            // tun or tap
	MTU      int               // bytes, of both devices
	CPUs     []int             // its threads should run on these in turn; none: on any
	Dir      string            // a folder of its own that goes with the scene
	Settings map[string]string // of the scenario that it understands, by key
}

// End describes one of the two devices to a program.
type End struct {
	NetNS  string // path of its network namespace
	Device string
	Addr   string // IPv4 address with the length of its prefix
	Addr6  string // likewise of IPv6; empty where the scene has none
}

// TunnelEnd describes to a program its end of a tunnel: the device that packets enter, and the physical link that they
// leave by. The program is started in the network namespace that has both.
type TunnelEnd struct {
	Name        string // a or b
	Device      string
	Addr, Addr6 string // of the device, with the length of the prefix; Addr6 is empty where the scene has no IPv6
	Far, Far6   string // of the other end's device, without
	LinkDevice  string // on the physical link
	LinkAddr    string // IPv4
	LinkMTU     int    // bytes
	Peer        string // of the other end, on the physical link
	Shared      string // a folder that both ends have, which only this user can read; it goes with the scene
}

// values are what a placeholder, such as {peer}, stands for.
func (e *TunnelEnd) values() map[string]string {
	return map[string]string{
		"end": e.Name, "device": e.Device, "addr": e.Addr, "addr6": e.Addr6, "far": e.Far, "far6": e.Far6,
		"link.device": e.LinkDevice, "link.addr": e.LinkAddr, "link.mtu": strconv.Itoa(e.LinkMTU), "peer": e.Peer, "shared": e.Shared,
	}
}

// values are what a placeholder, such as {a.device}, stands for.
func (p Place) values() map[string]string {
	cpus := make([]string, len(p.CPUs))
	for i, cpu := range p.CPUs {
		cpus[i] = strconv.Itoa(cpu)
	}
	values := map[string]string{
		"dev": p.Dev, "mtu": strconv.Itoa(p.MTU), "cpus": strings.Join(cpus, ","), "dir": p.Dir,
	}
	if p.Tunnel != nil {
		maps.Copy(values, p.Tunnel.values())
		maps.Copy(values, p.Settings)
		return values
	}
	for name, end := range map[string]End{"a": p.A, "b": p.B} {
		values[name+".netns"], values[name+".device"], values[name+".addr"], values[name+".addr6"] = end.NetNS, end.Device, end.Addr, end.Addr6
	}
	maps.Copy(values, p.Settings)
	return values
}

// placeholder is a name in braces; other braces are what they are.
var placeholder = regexp.MustCompile(`\{[a-z0-9.]+\}`)

// fill replaces the placeholders of a text.
func (p Place) fill(text string) string {
	values := p.values()
	return placeholder.ReplaceAllStringFunc(text, func(name string) string { return values[strings.Trim(name, "{}")] })
}

// placeholders finds those that stand for nothing, when the settings are known.
func (r *fileReader) placeholders(n *yamlfile.Node, texts ...string) {
	r.later = append(r.later, func() error {
		known := slices.Concat(slices.Sorted(maps.Keys(r.file.anyPlace().values())), r.file.Settings)
		for _, text := range texts {
			for _, name := range placeholder.FindAllString(text, -1) {
				if !slices.Contains(known, strings.Trim(name, "{}")) {
					return r.ErrorAt(n, "%s stands for nothing; there are: {%s}", name, strings.Join(known, "}, {"))
				}
			}
		}
		return nil
	})
}

// anyPlace is one of those that the program can be in.
func (f *File) anyPlace() Place {
	if f.Tunnel {
		return Place{Tunnel: &TunnelEnd{}}
	}
	return Place{}
}

// Args returns the command line with its placeholders filled in from p. A path with a slash is relative to the
// folder of the program file; a bare name is left to be looked up in PATH.
func (f *File) Args(p Place) []string {
	return f.fill(f.Command, p)
}

func (f *File) fill(command []string, p Place) []string {
	args := make([]string, len(command))
	for i, arg := range command {
		args[i] = p.fill(arg)
	}
	args[0] = f.executable(args[0])
	return args
}

// preparePatience is how long it may take to prepare a tunnel.
const preparePatience = 30 * time.Second

// RunPrepare runs the command that prepares both ends of a tunnel, with the words and the environment of its end A, but in the network
// namespace of the caller: it is for keys and files. Without such a command it does nothing.
func (f *File) RunPrepare(ctx context.Context, p Place) error {
	if len(f.Prepare) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, preparePatience, fmt.Errorf("it did not end within %v", preparePatience))
	defer cancel()
	_, err := command{dir: f.Folder(), env: f.Env(p), args: f.fill(f.Prepare, p)}.run(ctx)
	return err
}

func (f *File) executable(name string) string {
	if !strings.Contains(name, "/") || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.Folder(), name)
}

// Env returns the variables, as NAME=VALUE, that are added to the program's environment.
func (f *File) Env(p Place) []string {
	var env []string
	for key, value := range p.values() {
		name := prefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
		env = append(env, name+"="+value)
	}
	for name, value := range f.Environment {
		env = append(env, name+"="+p.fill(value))
	}
	slices.Sort(env)
	return env
}

// ReadyFile returns the path of the file by which the program says that it is ready; "" if it has none.
func (f *File) ReadyFile(p Place) string {
	if f.Ready.File == "" {
		return ""
	}
	path := p.fill(f.Ready.File)
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Dir, path)
	}
	return path
}

// At returns the program file as it would be in folder, a copy of its own folder.
func (f *File) At(folder string) *File {
	copied := *f
	copied.Path = filepath.Join(folder, filepath.Base(f.Path))
	return &copied
}
