package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// frameLine is the serial line that frames travel on; the kernel's console is the first one.
const frameLine = "/dev/ttyS1"

// IsInit says whether this process is the first one of a guest that [Boot] made. Then it is to call [Init] and nothing else.
func IsInit() bool {
	if os.Getpid() != 1 || os.Args[0] != initPath {
		return false
	}
	_, err := os.Stat(ordersPath)
	return err == nil
}

// Init is what process 1 of a guest does: it mounts what a Linux system has, loads the modules, runs each command, sends what came of it, and switches the machine off. It does not return.
func Init() {
	err := initialise()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tunbench guest:", err) // to the console
	}
	unix.Sync()
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART) // QEMU was told to end at a restart
	select {}
}

func initialise() error {
	notes := mountAll()
	line, err := openFrameLine()
	if err != nil {
		return errors.Join(append(notes, err)...)
	}
	defer line.Close()
	frames := &frameWriter{w: line}
	var release unix.Utsname
	if err := unix.Uname(&release); err != nil {
		return fmt.Errorf("read kernel release: %w", err)
	}
	if err := frames.write(frame{Kind: frameHello, Text: unix.ByteSliceToString(release.Release[:])}); err != nil {
		return fmt.Errorf("greet host: %w", err)
	}
	o, err := readOrders()
	if err != nil {
		return err
	}
	notes = append(notes, settle()...)
	notes = append(notes, loadModules(o.Modules)...)
	for _, note := range notes {
		if err := frames.write(frame{Kind: frameNote, Text: note.Error()}); err != nil {
			return err
		}
	}
	var input io.Reader
	if o.Spoken {
		input = newFrameInput(line)
	}
	for i, words := range o.Commands {
		if err := runCommand(frames, i, words, input); err != nil {
			return err
		}
	}
	if err := frames.write(frame{Kind: frameBye}); err != nil {
		return fmt.Errorf("end frames: %w", err)
	}
	// The bytes are still in the kernel's buffer when write returns.
	return unix.IoctlSetInt(int(line.Fd()), unix.TCSBRK, 1)
}

func readOrders() (o orders, err error) {
	text, err := os.ReadFile(ordersPath)
	if err != nil {
		return o, err
	}
	if err := json.Unmarshal(text, &o); err != nil {
		return o, fmt.Errorf("decode %s: %w", ordersPath, err)
	}
	return o, nil
}

// openFrameLine makes a serial line carry bytes as they are: no echo, no new lines turned into others.
func openFrameLine() (*os.File, error) {
	fd, err := unix.Open(frameLine, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", frameLine, err)
	}
	settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err == nil {
		settings.Iflag, settings.Oflag, settings.Lflag = 0, 0, 0
		settings.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
		err = unix.IoctlSetTermios(fd, unix.TCSETS, settings)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("set up %s: %w", frameLine, err)
	}
	return os.NewFile(uintptr(fd), frameLine), nil
}

// runCommand runs one command in a folder of its own for results, and sends the files that it leaves there. Its standard input may be nil.
func runCommand(frames *frameWriter, index int, words []string, input io.Reader) error {
	dir := filepath.Join(resultsDir, fmt.Sprint(index))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	cmd := exec.Command(initPath, words...)
	cmd.Args[0] = "tunbench"
	if IsProgram(words) {
		cmd = exec.Command(programPath(words[0]), words[1:]...)
	}
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + programDir, "HOME=/root", "TMPDIR=/tmp", "TERM=dumb"}
	cmd.Stdout = frames.stream(frame{Kind: frameOut, Command: index})
	cmd.Stderr = frames.stream(frame{Kind: frameErr, Command: index})
	runErr := runWith(cmd, input)
	var exit *exec.ExitError
	if runErr != nil && !errors.As(runErr, &exit) {
		return fmt.Errorf("run %v: %w", words, runErr)
	}
	if err := sendFiles(frames, index, dir); err != nil {
		return err
	}
	return frames.write(frame{Kind: frameExit, Command: index, Code: exitCode(cmd.ProcessState)})
}

// exitCode is 128 and more for a process that a signal ended, as in a shell.
func exitCode(state *os.ProcessState) int {
	if status, is := state.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

func sendFiles(frames *frameWriter, index int, dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		_, err = frames.stream(frame{Kind: frameFile, Command: index, Text: name}).Write(content)
		return err
	})
}
