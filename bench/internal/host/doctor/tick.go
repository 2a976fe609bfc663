package doctor

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"tunbench/bench/internal/host"
)

// tick reports the timer tick, which is the resolution of CPU time that the
// kernel samples rather than counts.
func tick(m host.Machine) Check {
	const name = "timer tick"
	hz, err := configHZ(m)
	if err != nil {
		return unknown(name, "%v", err)
	}
	check := ok(name, fmt.Sprintf("%d Hz", hz))
	check.Meaning = fmt.Sprintf("CPU time in /proc/stat comes in steps of %v", time.Second/time.Duration(hz))
	return check
}

// configHZ is CONFIG_HZ of the running kernel's build.
func configHZ(m host.Machine) (int, error) {
	config, err := kernelConfig(m)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(config) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), "CONFIG_HZ="); found {
			hz, err := strconv.Atoi(value)
			if err != nil || hz <= 0 {
				return 0, fmt.Errorf("parse CONFIG_HZ %q", value)
			}
			return hz, nil
		}
	}
	return 0, fmt.Errorf("find CONFIG_HZ in the kernel's configuration")
}

// kernelConfig looks where kernels and distributions keep the configuration.
func kernelConfig(m host.Machine) (string, error) {
	if config, err := readGzip(m, "proc/config.gz"); err == nil {
		return config, nil
	}
	release, err := m.Read("proc/sys/kernel/osrelease")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"boot/config-" + release, "lib/modules/" + release + "/config"} {
		if config, err := m.Read(name); err == nil {
			return config, nil
		}
	}
	return "", fmt.Errorf("neither /proc/config.gz nor a config file of %s is readable", release)
}

func readGzip(m host.Machine, name string) (string, error) {
	file, err := os.Open(m.Path(name))
	if err != nil {
		return "", err
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		return "", fmt.Errorf("unzip %s: %w", name, err)
	}
	text, err := io.ReadAll(unzip)
	if err != nil {
		return "", fmt.Errorf("unzip %s: %w", name, err)
	}
	return string(text), nil
}
