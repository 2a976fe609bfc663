package host

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/procfs"
)

const (
	// Long enough for some hundred ticks on a few CPUs, short enough to wait for.
	idleSample = 400 * time.Millisecond
	spinSample = 400 * time.Millisecond

	otherWorkRatio = 0.05
	stealRatio     = 0.01
)

// sampled watches /proc/stat twice: first idle, to see the work of others, then
// with every CPU wanted, as steal time shows only while a CPU is wanted.
func (m machine) sampled(ctx context.Context) []Check {
	idle, errIdle := m.cpuTimes(func() { wait(ctx, idleSample) })
	busy, errBusy := m.cpuTimes(func() { spin(ctx, spinSample) })
	if err := ctx.Err(); err != nil {
		errIdle, errBusy = err, err
	}
	return []Check{otherWork(idle, errIdle), steal(busy, errBusy)}
}

// cpuTimes is the time all CPUs together spent in each state while during ran.
func (m machine) cpuTimes(during func()) (procfs.CPUStat, error) {
	fs, err := m.procfs()
	if err != nil {
		return procfs.CPUStat{}, err
	}
	before, err := fs.Stat()
	if err != nil {
		return procfs.CPUStat{}, err
	}
	during()
	after, err := fs.Stat()
	if err != nil {
		return procfs.CPUStat{}, err
	}
	return subtract(after.CPUTotal, before.CPUTotal), nil
}

// subtract leaves out guest time, which user time already contains.
func subtract(after, before procfs.CPUStat) procfs.CPUStat {
	return procfs.CPUStat{
		User:    after.User - before.User,
		Nice:    after.Nice - before.Nice,
		System:  after.System - before.System,
		Idle:    after.Idle - before.Idle,
		Iowait:  after.Iowait - before.Iowait,
		IRQ:     after.IRQ - before.IRQ,
		SoftIRQ: after.SoftIRQ - before.SoftIRQ,
		Steal:   after.Steal - before.Steal,
	}
}

func total(t procfs.CPUStat) float64 {
	return t.User + t.Nice + t.System + t.Idle + t.Iowait + t.IRQ + t.SoftIRQ + t.Steal
}

func otherWork(spent procfs.CPUStat, err error) Check {
	const name = "other work"
	all := total(spent)
	if err != nil || all <= 0 {
		return unknown(name, "%s", notSampled(err))
	}
	busy := (all - spent.Idle - spent.Iowait) / all
	found := fmt.Sprintf("%.1f %% of all CPUs while idle", 100*busy)
	if busy > otherWorkRatio {
		return distorts(name, found, "other programs take CPU time from every trial", "stop them")
	}
	return ok(name, found)
}

func steal(spent procfs.CPUStat, err error) Check {
	const name = "steal time"
	all := total(spent)
	if err != nil || all <= 0 {
		return unknown(name, "%s", notSampled(err))
	}
	stolen := spent.Steal / all
	found := fmt.Sprintf("%.1f %% while busy", 100*stolen)
	if stolen > stealRatio {
		return distorts(name, found, "the hypervisor gives the CPU to others in between",
			"use a host with dedicated CPUs, and more interleaved rounds")
	}
	return ok(name, found)
}

func notSampled(err error) string {
	if err != nil {
		return err.Error()
	}
	return "the kernel's CPU times did not move"
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// spin keeps every CPU this process may use busy for d.
func spin(ctx context.Context, d time.Duration) {
	end := time.Now().Add(d)
	var spinning sync.WaitGroup
	for range runtime.NumCPU() {
		spinning.Go(func() {
			for ctx.Err() == nil && time.Now().Before(end) {
			}
		})
	}
	spinning.Wait()
}
