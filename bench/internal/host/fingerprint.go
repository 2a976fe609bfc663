package host

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"tunbench/results"
)

// Fingerprint is the first record of a result file: this machine, this build
// and the command line args (without the program's name). What the host does
// not tell is absent from the record; that is no error.
func Fingerprint(args []string) results.Host {
	fingerprint := Local().fingerprint()
	fingerprint.Time = time.Now()
	fingerprint.Version, fingerprint.Commit = Build()
	fingerprint.GoVersion = runtime.Version()
	fingerprint.Args = args
	if cpus, err := AllowedCPUs(); err == nil {
		fingerprint.CPUsAllowed = CPUList(cpus)
	}
	if name, err := os.Hostname(); err == nil {
		fingerprint.Hostname = name
	}
	return fingerprint
}

// fingerprint fills in what files tell. A field whose file cannot be read keeps
// its zero value, which the record leaves out.
func (m Machine) fingerprint() results.Host {
	kernel, _ := m.Read("proc/sys/kernel/osrelease")
	clocksource, _ := m.Clocksource()
	cores, _ := m.OnlineCPUs()
	return results.Host{
		Kernel:         kernel,
		CPUModel:       m.cpuModel(),
		Cores:          cores,
		MemoryBytes:    m.memoryBytes(),
		Virtualization: m.Virtualization(),
		Emulated:       m.Emulated(),
		Clocksource:    clocksource,
		Mitigations:    m.mitigationLine(),
		Sysctls:        m.sysctls(),
	}
}

// clocksourceDir is where the kernel says which clocks it has.
const clocksourceDir = "sys/devices/system/clocksource/clocksource0/"

// Clocksource names the clock that the kernel reads, such as "tsc".
func (m Machine) Clocksource() (string, error) { return m.Read(clocksourceDir + "current_clocksource") }

// memoryBytes is the memory the kernel manages, 0 when it cannot be read.
func (m Machine) memoryBytes() uint64 {
	fs, err := m.Procfs()
	if err != nil {
		return 0
	}
	info, err := fs.Meminfo()
	if err != nil || info.MemTotalBytes == nil {
		return 0
	}
	return *info.MemTotalBytes
}

// cpuModel is the processor's marketing name. Where /proc/cpuinfo has none, as
// on most ARM machines, it is the board's.
func (m Machine) cpuModel() string {
	if fs, err := m.Procfs(); err == nil {
		if infos, err := fs.CPUInfo(); err == nil && len(infos) > 0 && infos[0].ModelName != "" {
			return infos[0].ModelName
		}
	}
	board, _ := m.Read("proc/device-tree/model")
	return board
}

// Build is the module version and the commit that the toolchain stamped into
// this binary; both are empty in a test binary.
func Build() (version, commit string) {
	info, known := debug.ReadBuildInfo()
	if !known {
		return "", ""
	}
	return info.Main.Version, revision(info.Settings)
}

func revision(settings []debug.BuildSetting) string {
	var commit, dirty string
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + dirty
}
