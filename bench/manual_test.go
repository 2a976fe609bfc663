package main

import (
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/program"
	"tunbench/bench/internal/scenario"
	"tunbench/bench/internal/search"
)

// manual is every page of the manual, by its path from the top of the tree.
func manual(t *testing.T) map[string]string {
	t.Helper()
	pages := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" || entry.Name() == "CHANGELOG.md" {
			return nil
		}
		text, err := os.ReadFile(path)
		pages[strings.TrimPrefix(path, "../")] = string(text)
		return err
	})
	if err != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	return pages
}

// codeOf is the code blocks of a page: those between fences, and those that are indented.
func codeOf(page string) (blocks []string) {
	for i, part := range strings.Split(page, "```") {
		if i%2 == 1 {
			_, code, _ := strings.Cut(part, "\n") // behind the language
			blocks = append(blocks, regexp.MustCompile(`\\\n\s*`).ReplaceAllString(code, ""))
			continue
		}
		indented := regexp.MustCompile(`(?m)(^    .*\n)+`)
		for _, code := range indented.FindAllString(part, -1) {
			blocks = append(blocks, regexp.MustCompile(`(?m)^    `).ReplaceAllString(code, ""))
		}
	}
	return blocks
}

// shownError is a command line together with the mistake in its words that it is shown to end in.
var shownError = regexp.MustCompile(`(?m)^[$#] tunbench (.*)\n(tunbench: .*; allowed: .*)\n`)

// shownCommands are the command lines of tunbench in the code blocks of a page: without prompt, sudo, folder, comment, pipe and redirection. Those that are shown to
// be mistaken are left out.
func shownCommands(page string) [][]string {
	var commands [][]string
	for _, code := range codeOf(page) {
		code = shownError.ReplaceAllString(code, "")
		for line := range strings.Lines(code) {
			line = regexp.MustCompile(`\s#.*|\s+([|>]|&& ).*|\s{2,}.*|\n`).ReplaceAllString(line, "")
			line = strings.TrimPrefix(strings.TrimPrefix(line, "$ "), "sudo ")
			words, isOurs := strings.CutPrefix(strings.TrimPrefix(line, "bin/"), "tunbench ")
			if isOurs && !strings.ContainsAny(words, "…") {
				commands = append(commands, fields(words))
			}
		}
	}
	return commands
}

// fields splits words at spaces outside double quotes, as a shell does.
func fields(words string) []string {
	var out []string
	for _, f := range regexp.MustCompile(`("[^"]*"|[^" ])+`).FindAllString(words, -1) {
		out = append(out, strings.ReplaceAll(f, `"`, ""))
	}
	return out
}

// understand parses a command line as the command itself would, but for the files that it names.
func understand(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	words := cmd.Flags().Args()
	if cmd.Args != nil {
		if err := cmd.Args(cmd, words); err != nil {
			return err
		}
	}
	if cmd.Flags().Changed("program") {
		return nil // names of programs are not known here
	}
	if err := understandPreset(cmd); err != nil {
		return err
	}
	switch cmd.Name() {
	case "run", "search", "burst", "soak", "calibrate", "check", "gate":
		_, err = scenario.Parse(words)
	case "bisect":
		_, err = scenario.Parse(words[min(2, len(words)):])
	case "ab":
		ofBuilds := regexp.MustCompile(`^([ab]:)?(binary|handicap|rev)=`) // which are taken before the others
		_, _, err = scenario.ParseArms(slices.DeleteFunc(words, ofBuilds.MatchString))
	case "sweep":
		_, err = scenario.ParseSweep(words, scenario.DesignFull)
	}
	return err
}

// understandPreset finds the preset that a command line names, if any.
func understandPreset(cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("preset")
	if flag == nil || !flag.Changed {
		return nil
	}
	if cmd.Name() == "search" {
		_, err := search.FindPreset(flag.Value.String())
		return err
	}
	_, err := scenario.FindPreset(flag.Value.String())
	return err
}

// TestShownCommandsAreUnderstood: every command that the manual shows exists, with these flags and words, so that none of it grows old unseen.
func TestShownCommandsAreUnderstood(t *testing.T) {
	var n int
	pages := manual(t)
	maps.Copy(pages, helpExamples())
	for path, page := range pages {
		for _, args := range shownCommands(page) {
			// tunbench kernels LIST -- run WORDS -- check WORDS has commands inside.
			parts := [][]string{args}
			if args[0] == "kernels" {
				parts = slices.Collect(splitAt(args, "--"))
			}
			for _, part := range parts {
				if strings.Contains(part[0], "/") {
					continue // a program of the reader's own
				}
				n++
				con := &console{stdout: io.Discard, stderr: io.Discard}
				if err := understand(con.rootCommand(), part); err != nil {
					t.Errorf("%s: tunbench %s: %v", path, strings.Join(part, " "), err)
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("found %d commands in the manual", n)
	}
	con := &console{stdout: io.Discard, stderr: io.Discard}
	for _, wrong := range []string{"walk", "run --fast", "run dut=nobody", "ab a:size=0 b:size=64", "compare one", "run --preset nightly", "search --preset default"} {
		if err := understand(con.rootCommand(), strings.Fields(wrong)); err == nil {
			t.Errorf("%s is understood", wrong)
		}
	}
}

// helpExamples are the examples of each command's help text, as a page.
func helpExamples() map[string]string {
	con := &console{stdout: io.Discard, stderr: io.Discard}
	pages := map[string]string{}
	for _, sub := range con.rootCommand().Commands() {
		for _, cmd := range append(sub.Commands(), sub) {
			pages["tunbench "+cmd.Name()+" --help"] = "```\n" + regexp.MustCompile(`(?m)^ +`).ReplaceAllString(cmd.Example, "") + "\n```\n"
		}
	}
	return pages
}

// TestShownProgramFilesAreUnderstood: a program file that the manual shows is one.
func TestShownProgramFilesAreUnderstood(t *testing.T) {
	n := 0
	for path, page := range manual(t) {
		for _, block := range codeOf(page) {
			text := regexp.MustCompile(`(?m)^   ?`).ReplaceAllString(block, "") // of a block in a list
			if !regexp.MustCompile(`\A(#.*\n)?name: \S+`).MatchString(text) {
				continue
			}
			n++
			if _, err := program.Parse("mine.yaml", []byte(text)); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if n < 3 {
		t.Errorf("found %d program files in the manual", n)
	}
}

// splitAt yields the parts of a command line between separators, none of which is empty.
func splitAt(args []string, separator string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for len(args) > 0 {
			end := slices.Index(args, separator)
			if end < 0 {
				end = len(args)
			}
			if end > 0 && !yield(args[:end]) {
				return
			}
			args = args[min(end+1, len(args)):]
		}
	}
}

// TestManualLinks: what a page points to is there, headings too.
func TestManualLinks(t *testing.T) {
	pages := manual(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for path, page := range pages {
		for _, match := range link.FindAllStringSubmatch(page, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			at := path
			if target != "" {
				at = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(filepath.Join("..", at)); err != nil {
				t.Errorf("%s: %s: %v", path, match[1], err)
			}
			if anchor != "" && !slices.Contains(anchors(pages[at]), anchor) {
				t.Errorf("%s: no heading for %s", path, match[1])
			}
		}
	}
}

// anchors are the names of a page's headings as GitHub makes them.
func anchors(page string) []string {
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		name := regexp.MustCompile(`[^\p{L}\p{N}\- _]`).ReplaceAllString(strings.ToLower(match[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// TestReadmeIsShort: a new user reads it in a minute; what is longer belongs beside the room that it describes.
func TestReadmeIsShort(t *testing.T) {
	if n := strings.Count(manual(t)["README.md"], "\n"); n > 200 {
		t.Errorf("README.md has %d lines, want at most 200", n)
	}
}
