package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// settings are what the environment says of both devices.
type settings struct {
	queues  int
	vnet    bool
	offload int // TUN_F_*
	cpus    []int
}

// The masks that nebula asks for (overlay/tun_linux.go).
const (
	tsoOffload = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN
	usoOffload = unix.TUN_F_CSUM | unix.TUN_F_USO4 | unix.TUN_F_USO6
)

var offloads = map[string]int{
	"none": 0, "csum": unix.TUN_F_CSUM, "tso": tsoOffload, "uso": usoOffload, "all": tsoOffload | usoOffload,
}

func readSettings() (s settings, err error) {
	if kind := os.Getenv("TUNBENCH_DEV"); kind != "tun" {
		return s, fmt.Errorf("TUNBENCH_DEV=%s: nebula knows tun only", kind)
	}
	if s.queues, err = strconv.Atoi(os.Getenv("TUNBENCH_QUEUES")); err != nil || s.queues < 1 {
		return s, fmt.Errorf("TUNBENCH_QUEUES=%s: want a number of queues", os.Getenv("TUNBENCH_QUEUES"))
	}
	s.vnet = os.Getenv("TUNBENCH_VNET") != "off"
	known := false
	if s.offload, known = offloads[os.Getenv("TUNBENCH_OFFLOAD")]; !known {
		return s, fmt.Errorf("TUNBENCH_OFFLOAD=%s: want none, csum, tso, uso or all", os.Getenv("TUNBENCH_OFFLOAD"))
	}
	if list := os.Getenv("TUNBENCH_CPUS"); list != "" {
		for _, word := range strings.Split(list, ",") {
			cpu, err := strconv.Atoi(word)
			if err != nil {
				return s, fmt.Errorf("TUNBENCH_CPUS=%s: want CPUs such as 0,1", list)
			}
			s.cpus = append(s.cpus, cpu)
		}
	}
	return s, nil
}
