package doctor

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"tunbench/bench/internal/host"
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
func sampled(ctx context.Context) []Check {
	idle, errIdle := spent(func() { wait(ctx, idleSample) })
	busy, errBusy := spent(func() { spin(ctx, spinSample) })
	if err := ctx.Err(); err != nil {
		errIdle, errBusy = err, err
	}
	return []Check{otherWork(idle, errIdle), steal(busy, errBusy)}
}

// spent is the CPU time that passed while during ran.
func spent(during func()) (host.CPUTime, error) {
	before, err := host.ReadCPUTime()
	if err != nil {
		return host.CPUTime{}, err
	}
	during()
	after, err := host.ReadCPUTime()
	return after.Sub(before), err
}

func otherWork(t host.CPUTime, err error) Check {
	const name = "other work"
	all := t.Total()
	if err != nil || all <= 0 {
		return unknown(name, "%s", notSampled(err))
	}
	busy := (all - t.Idle) / all
	found := fmt.Sprintf("%.1f %% of all CPUs while idle", 100*busy)
	if busy > otherWorkRatio {
		return distorts(name, found, "other programs take CPU time from every trial", "stop them")
	}
	return ok(name, found)
}

func steal(t host.CPUTime, err error) Check {
	const name = "steal time"
	all := t.Total()
	if err != nil || all <= 0 {
		return unknown(name, "%s", notSampled(err))
	}
	stolen := t.Steal / all
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
