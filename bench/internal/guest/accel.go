package guest

import (
	"context"
	"os"
	"runtime"
	"strings"
	"time"
)

const (
	// kvmPatience is how long a kernel may take to its first line under KVM, where that takes a second. Some machines have /dev/kvm and yet
	// run no guest: QEMU refuses, or the guest stands still.
	kvmPatience = 10 * time.Second
	kvmLook     = 100 * time.Millisecond

	firstLine = "Linux version"
)

// settleAccel turns Auto into what works here, by trying.
func (l *Launcher) settleAccel(ctx context.Context, k Kernel, dir string) error {
	if l.Accel != Auto {
		return nil
	}
	l.Accel = Emulated
	if f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0); err != nil {
		return nil
	} else if err := f.Close(); err != nil {
		return nil
	}
	l.Accel = KVM
	if !l.speaks(ctx, k, dir) {
		l.Accel = Emulated
	}
	return ctx.Err()
}

// speaks says whether a kernel comes to its first line in time.
func (l *Launcher) speaks(ctx context.Context, k Kernel, dir string) bool {
	runtime.LockOSThread() // see run
	defer runtime.UnlockOSThread()
	bounded, cancel := context.WithTimeout(ctx, kvmPatience)
	defer cancel()
	cmd, _ := l.qemu(bounded, k, dir)
	if err := cmd.Start(); err != nil {
		return false
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	defer func() {
		cancel()
		<-ended
	}()
	ticker := time.NewTicker(kvmLook)
	defer ticker.Stop()
	for {
		text, err := os.ReadFile(consolePath(dir))
		if err == nil && strings.Contains(string(text), firstLine) {
			return true
		}
		select {
		case <-ended:
			return false
		case <-ticker.C:
		}
	}
}
