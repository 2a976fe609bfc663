package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// manCommand writes man pages; make install calls it.
func (con *console) manCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "man FOLDER",
		Short:  "Write man pages into a folder that exists",
		Args:   usageArgs(cobra.ExactArgs(1)),
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return &usageError{fmt.Errorf("man %s: want a folder that exists", args[0])}
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			prepareForMan(root)
			// The same source gives the same pages: no date of today.
			header := &doc.GenManHeader{Title: "TUNBENCH", Section: "1", Source: "tunbench " + versionText(), Manual: "tunbench", Date: new(sourceTime())}
			if err := doc.GenManTree(root, header, args[0]); err != nil {
				return fmt.Errorf("write man pages: %w", err)
			}
			return nil
		},
	}
}

// sourceTime is when the commit was made that this program is built of; where the build does not know it, the begin of 1970.
func sourceTime() time.Time {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key != "vcs.time" {
				continue
			}
			if at, err := time.Parse(time.RFC3339, setting.Value); err == nil {
				return at
			}
		}
	}
	return time.Unix(0, 0).UTC()
}

// prepareForMan makes Markdown, which man pages are made of, of the help of a command and of all below it.
func prepareForMan(cmd *cobra.Command) {
	cmd.Long = asMarkdown(cmd.Long)
	for _, sub := range cmd.Commands() {
		prepareForMan(sub)
	}
}

// asMarkdown keeps a help text as it is laid out: what is indented stays so, line by line, and no character is markup.
func asMarkdown(help string) string {
	var b strings.Builder
	indented := false
	for line := range strings.Lines(help) {
		isIndented := strings.HasPrefix(line, "  ")
		if isIndented != indented && strings.TrimSpace(line) != "" {
			b.WriteString("\n")
			indented = isIndented
		}
		if isIndented {
			b.WriteString("    " + line)
			continue
		}
		b.WriteString(strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "`", "\\`", "[", `\[`).Replace(line))
	}
	return b.String()
}
