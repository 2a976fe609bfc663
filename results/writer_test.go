package results_test

import (
	"bytes"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tunbench/results"
	"tunbench/results/internal/fixture"
)

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	w, err := results.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	records := fixture.Records(t)
	want := fixture.File(records...)
	for _, r := range records {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := w.Write(want.Trials[0]); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Write after Close = %v, want fs.ErrClosed", err)
	}
	got, err := results.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestCreateRefusesToOverwrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run.jsonl")
	if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := results.Create(path)
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "another name") {
		t.Errorf("Create = %v, want fs.ErrExist with the path and a remedy", err)
	}
	if kept, _ := os.ReadFile(path); string(kept) != "precious" {
		t.Errorf("the file now holds %q", kept)
	}
}

// TestCreateGivesNoDangerousAdvice: what is no file is never to be moved or removed for the sake of results.
func TestCreateGivesNoDangerousAdvice(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink("/dev/null", link); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{dir: "folder", link: "link", "/dev/null": "device", "/dev/stdout": "new file"} {
		_, err := results.Create(path)
		if !errors.Is(err, fs.ErrExist) || strings.Contains(err.Error(), "remove") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want one with %q", path, err, want)
		}
	}
}

func TestWriteOrder(t *testing.T) {
	host, trial, end := fixture.Host(), results.Trial{Scenario: "s"}, results.End{}
	tests := []struct {
		records []results.Record
		want    error // of the last
	}{
		{[]results.Record{trial}, results.ErrHostFirst},
		{[]results.Record{host, host}, results.ErrHostTwice},
		{[]results.Record{host, end, trial}, results.ErrEnded},
		{[]results.Record{host, trial, trial, end}, nil},
	}
	for _, test := range tests {
		w := results.NewWriter(&smallDisk{room: 1 << 20})
		var err error
		for _, r := range test.records {
			err = w.Write(r)
		}
		if !errors.Is(err, test.want) {
			t.Errorf("Write = %v, want %v", err, test.want)
		}
	}
}

func TestWriteNotFiniteLeavesNothing(t *testing.T) {
	disk := &smallDisk{room: 1 << 20}
	w := results.NewWriter(disk)
	if err := w.Write(fixture.Host()); err != nil {
		t.Fatal(err)
	}
	length := disk.Len()
	if err := w.Write(results.Trial{Scenario: "s", DurationS: math.NaN()}); err == nil {
		t.Fatal("NaN was written")
	}
	if disk.Len() != length {
		t.Errorf("the file grew by %d bytes", disk.Len()-length)
	}
}

// smallDisk is a file on a disk with little room: it takes what fits and fails as the kernel would.
type smallDisk struct {
	bytes.Buffer
	room       int
	noTruncate bool
}

func (d *smallDisk) Write(p []byte) (int, error) {
	n := min(len(p), d.room-d.Len())
	d.Buffer.Write(p[:n])
	if n < len(p) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (d *smallDisk) Truncate(size int64) error {
	if d.noTruncate {
		return syscall.EIO
	}
	d.Buffer.Truncate(int(size))
	return nil
}

func (d *smallDisk) Sync() error  { return nil }
func (d *smallDisk) Close() error { return nil }

// TestDiskFull: at whatever byte the disk becomes full, the file holds whole lines and later writes may succeed.
func TestDiskFull(t *testing.T) {
	records := []results.Record{fixture.Host(), results.Trial{Scenario: "a"}, results.Trial{Scenario: "b"}}
	whole := encodeAll(t, records...)
	for room := range len(whole) {
		disk := &smallDisk{room: room}
		w := results.NewWriter(disk)
		var err error
		for _, r := range records {
			if err = w.Write(r); err != nil {
				break
			}
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("room for %d bytes: error %v, want ENOSPC", room, err)
		}
		want := whole[:strings.LastIndex("\n"+whole[:room], "\n")]
		if got := disk.String(); got != want {
			t.Fatalf("room for %d bytes: file %q, want %q", room, got, want)
		}
	}
}

func TestDiskFullThenRoom(t *testing.T) {
	disk := &smallDisk{room: 1 << 20}
	w := results.NewWriter(disk)
	if err := w.Write(fixture.Host()); err != nil {
		t.Fatal(err)
	}
	disk.room = disk.Len() + 5
	if err := w.Write(results.Trial{Scenario: "lost"}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("Write = %v, want ENOSPC", err)
	}
	disk.room = 1 << 20
	if err := w.Write(results.Trial{Scenario: "kept"}); err != nil {
		t.Fatal(err)
	}
	if got, want := disk.String(), encodeAll(t, fixture.Host(), results.Trial{Scenario: "kept"}); got != want {
		t.Errorf("file %q, want %q", got, want)
	}
}

// TestTornForGood: when the torn line cannot be cut off, nothing is appended to it.
func TestTornForGood(t *testing.T) {
	disk := &smallDisk{room: 10, noTruncate: true}
	w := results.NewWriter(disk)
	if err := w.Write(fixture.Host()); !errors.Is(err, syscall.ENOSPC) || !errors.Is(err, syscall.EIO) {
		t.Fatalf("Write = %v, want ENOSPC and EIO", err)
	}
	disk.room = 1 << 20
	if err := w.Write(fixture.Host()); !errors.Is(err, syscall.EIO) {
		t.Errorf("second Write = %v, want EIO", err)
	}
	if disk.Len() != 10 {
		t.Errorf("the torn file grew to %d bytes", disk.Len())
	}
}

// TestDiskReallyFull writes to a tmpfs of two pages until it is full.
func TestDiskReallyFull(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounting a small tmpfs needs root")
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	done := make(chan error)
	go func() {
		// The thread has a mount namespace of its own and dies with the goroutine, and the mount with it.
		runtime.LockOSThread()
		done <- fillDisk(path)
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func fillDisk(path string) error {
	if err := syscall.Unshare(syscall.CLONE_NEWNS | syscall.CLONE_FS); err != nil {
		return err
	}
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", filepath.Dir(path), "tmpfs", 0, "size=8k"); err != nil {
		return err
	}
	w, err := results.Create(path)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Write(results.Host{Hostname: "bench"}); err != nil {
		return err
	}
	written := 0
	for ; err == nil && written < 1000; written++ {
		err = w.Write(results.Trial{Scenario: strings.Repeat("s", 1000)})
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return errors.Join(errors.New("the disk did not fill"), err)
	}
	file, err := results.ReadFile(path)
	if err != nil {
		return err
	}
	if len(file.Trials) != written-1 || len(file.Warnings) != 1 || !strings.Contains(file.Warnings[0].Text, "no end record") {
		return errors.New("the full disk has torn the file: " + file.Warnings[0].String())
	}
	return nil
}

func encodeAll(t testing.TB, records ...results.Record) string {
	t.Helper()
	var all strings.Builder
	for _, r := range records {
		line, err := results.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(line)
	}
	return all.String()
}
