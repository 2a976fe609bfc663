package program

import (
	"context"
	"slices"
	"strings"
	"time"
)

// versionPatience is how long a program may take to say its version.
const versionPatience = 5 * time.Second

// AskVersion returns the first line that the version command prints on standard output; "" if there is no such command, or it fails or takes
// longer than five seconds. Then it is ended, with what it started.
func (f *File) AskVersion(ctx context.Context) string {
	if len(f.Version) == 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, versionPatience)
	defer cancel()
	args := slices.Clone(f.Version)
	args[0] = f.executable(args[0])
	text, err := command{dir: f.Folder(), args: args}.run(ctx)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimSpace(line)
}
