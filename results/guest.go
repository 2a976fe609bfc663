package results

// Emulated says of a scenario's name that QEMU translated every instruction of the guest: no figure tells how fast anything is.
func Emulated(scenario string) bool { return ValueOf(SettingsOf(scenario), "accel") == "emulated" }

// Guest is the virtual machine that was the far end of a trial; topo=vm only.
type Guest struct {
	Kernel      string   `json:"kernel"`             // its release
	Emulated    bool     `json:"emulated,omitempty"` // QEMU translated every instruction: no figure tells how fast anything is
	CPUs        int      `json:"cpus"`
	BootS       float64  `json:"boot_s"`                  // until its kernel had started this program
	NsPerPacket *float64 `json:"ns_per_packet,omitempty"` // run time of QEMU's process, all that the guest did included
}
