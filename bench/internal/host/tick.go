package host

import (
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick reports the timer tick, which is the resolution of CPU time that the
// kernel samples rather than counts.
func (m machine) tick() Check {
	const name = "timer tick"
	hz, err := m.configHZ()
	if err != nil {
		return unknown(name, "%v", err)
	}
	check := ok(name, fmt.Sprintf("%d Hz", hz))
	check.Meaning = fmt.Sprintf("CPU time in /proc/stat comes in steps of %v", time.Second/time.Duration(hz))
	return check
}

// configHZ is CONFIG_HZ of the running kernel's build.
func (m machine) configHZ() (int, error) {
	config, err := m.kernelConfig()
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
func (m machine) kernelConfig() (string, error) {
	if config, err := m.readGzip("proc/config.gz"); err == nil {
		return config, nil
	}
	release, err := m.read("proc/sys/kernel/osrelease")
	if err != nil {
		return "", err
	}
	for _, name := range []string{"boot/config-" + release, "lib/modules/" + release + "/config"} {
		if config, err := m.read(name); err == nil {
			return config, nil
		}
	}
	return "", fmt.Errorf("neither /proc/config.gz nor a config file of %s is readable", release)
}

func (m machine) readGzip(name string) (string, error) {
	file, err := os.Open(m.path(name))
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
