package intake

import (
	"bytes"
	"errors"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"tunbench/forwarder/steer"
	"tunbench/forwarder/tun"
)

func TestConfig(t *testing.T) {
	good := Config{IfIndex: 1, Queues: 2, Workers: 2, Steer: steer.PolicyCPU, VnetHdrLen: 12}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(c *Config){
		"no device":            func(c *Config) { c.IfIndex = 0 },
		"no queue":             func(c *Config) { c.Queues = 0 },
		"too many queues":      func(c *Config) { c.Queues = tun.MaxQueues + 1 },
		"no worker":            func(c *Config) { c.Workers = 0 },
		"too many workers":     func(c *Config) { c.Workers = 3 },
		"the driver chooses":   func(c *Config) { c.Steer = steer.PolicyKernel },
		"no vnet header":       func(c *Config) { c.VnetHdrLen = 0 },
		"too long vnet header": func(c *Config) { c.VnetHdrLen = maxVnetHdrLen + 1 },
	} {
		c := good
		change(&c)
		if c.check() == nil {
			t.Errorf("%s: no error for %+v", name, c)
		}
	}
}

func TestAttachToNothing(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		i, err := Attach(Config{IfIndex: 4711, Queues: 1, Workers: 1, VnetHdrLen: 12})
		if !errors.Is(err, unix.ENODEV) || i != nil {
			t.Errorf("Attach = %v, %v; want ENODEV", i, err)
		}
	})
}

// TestClose: packets go on into the device, as before.
func TestClose(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TUN, 1, 1)
		openRings(t, d.intake.Rings()[0])
		if err := d.intake.Close(); err != nil {
			t.Fatal(err)
		}
		newSender(t, d.index).send(t, datagram(1, []byte("hello")))
		if frame := d.read(t, 0); !bytes.HasSuffix(frame, []byte("hello")) {
			t.Errorf("read % x", frame)
		}
	})
}

// TestTakenGoesNowhereElse: a packet that was taken does not also leave by a device that another
// program named before.
func TestTakenGoesNowhereElse(t *testing.T) {
	inNamespace(t, func(t *testing.T) {
		d := newDevice(t, tun.TAP, 1, 1)
		other := newDevice(t, tun.TAP, 1, 1)
		program, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: ebpf.SchedCLS, License: "MIT",
			Instructions: asm.Instructions{
				asm.Mov.Imm(asm.R1, int32(other.index)),
				asm.Mov.Imm(asm.R2, 0),
				asm.FnRedirect.Call(),
				asm.Mov.Imm(asm.R0, -1), // TCX_NEXT: it did not mean it
				asm.Return(),
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer program.Close()
		first, err := link.AttachTCX(link.TCXOptions{Interface: d.index, Program: program, Attach: ebpf.AttachTCXEgress, Anchor: link.Head()})
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		ring := d.intake.Rings()[0]
		openRings(t, ring)
		newSender(t, d.index).send(t, onTAP(datagram(1, []byte("hello"))))
		if frame := next(ring); !bytes.HasSuffix(frame, []byte("hello")) {
			t.Errorf("took % x", frame)
		}
		if frame := other.read(t, 0); frame != nil {
			t.Errorf("the other device has % x", frame)
		}
	})
}
