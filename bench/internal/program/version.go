package program

import (
	"context"
	"slices"
	"strings"
	"time"
)

// versionPatience is how long a program may take to say its version.
const versionPatience = 30 * time.Second

// AskVersion returns the first line that the version command prints on standard output; "" if there is no such command, or it fails or takes
// longer than half a minute. Then it is ended, with what it started.
func (f *File) AskVersion(ctx context.Context) string {
	if len(f.Version) == 0 {
		return ""
	}
	args := slices.Clone(f.Version)
	args[0] = f.executable(args[0])
	return VersionOf(ctx, f.Folder(), args)
}

// VersionOf returns the first line that a version command, run in a folder, prints on standard output; "" as
// [File.AskVersion] says, or without a command.
func VersionOf(ctx context.Context, folder string, args []string) string {
	if len(args) == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	text, err := command{dir: folder, args: args}.run(ctx)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
