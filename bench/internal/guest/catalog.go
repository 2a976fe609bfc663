package guest

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// kernelPackage is one entry of a package index that is part of a kernel.
type kernelPackage struct {
	Name, Version, Suite string
	depends              []string // names, of the first alternative each
	part                 string   // image, binary or modules
	release              string   // as uname -r says it
}

// catalog is what the package indexes offer.
type catalog []kernelPackage

// kernelName matches image, binary and modules packages of cloud kernels, and neither their metapackages (no third number) nor what is
// unsigned or for a debugger.
var kernelName = regexp.MustCompile(`^linux-(image|binary|modules)-([0-9]+\.[0-9]+\.[0-9]\S*-cloud-amd64)$`)

// readIndex adds the kernels of one Packages file (deb822 paragraphs) of a suite.
func (c *catalog) readIndex(suite string, r io.Reader) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20) // a long Description or Provides is one line
	var p kernelPackage
	for lines.Scan() {
		line := lines.Text()
		name, value, _ := strings.Cut(line, ": ")
		switch {
		case line == "":
			c.add(p)
			p = kernelPackage{}
		case name == "Package":
			p.Name, p.Suite = value, suite
			if m := kernelName.FindStringSubmatch(value); m != nil {
				p.part, p.release = m[1], m[2]
			}
		case name == "Version":
			p.Version = value
		case name == "Depends" && p.part != "":
			p.depends = dependencies(value)
		}
	}
	c.add(p)
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read package index of %s: %w", suite, err)
	}
	return nil
}

func (c *catalog) add(p kernelPackage) {
	if p.part != "" && p.Version != "" {
		*c = append(*c, p)
	}
}

func dependencies(field string) (names []string) {
	for one := range strings.SplitSeq(field, ",") {
		if words := strings.Fields(one); len(words) > 0 {
			names = append(names, words[0])
		}
	}
	return names
}

// choose returns the packages of the newest kernel that the pattern means and whose parts are all there. An archive may still list
// a kernel when its modules are gone: then the error names them.
func (c catalog) choose(p Pattern) ([]kernelPackage, error) {
	var candidates []kernelPackage
	for _, k := range c {
		if k.part == "image" && p.matches(k) {
			candidates = append(candidates, k)
		}
	}
	slices.SortStableFunc(candidates, func(a, b kernelPackage) int { return compareVersions(b.Version, a.Version) })
	var first error
	for _, k := range candidates {
		parts, err := c.parts(k)
		if err == nil {
			return parts, nil
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return nil, first
	}
	return nil, &UnsupportedError{
		Missing: fmt.Sprintf("a package of kernel %s", p),
		Remedy:  fmt.Sprintf("ask for one that the archive has (%s), or give --kernel and --modules", c.offers()),
	}
}

// parts are the image and, since 6.19, the packages that its contents were moved to.
func (c catalog) parts(image kernelPackage) ([]kernelPackage, error) {
	all := []kernelPackage{image}
	for _, name := range image.depends {
		m := kernelName.FindStringSubmatch(name)
		if m == nil || m[2] != image.release {
			continue
		}
		i := slices.IndexFunc(c, func(k kernelPackage) bool { return k.Name == name && k.Version == image.Version })
		if i < 0 {
			return nil, &UnsupportedError{
				Missing: fmt.Sprintf("the package %s %s, which %s of %s asks for and the archive no longer has", name, image.Version, image.Name, image.Suite),
				Remedy:  "take another version, or give --kernel and --modules",
			}
		}
		all = append(all, c[i])
	}
	return all, nil
}

// offers lists the versions to choose from, each major.minor once.
func (c catalog) offers() string {
	var series []string
	sorted := slices.SortedFunc(slices.Values(c), func(a, b kernelPackage) int { return compareVersions(a.Version, b.Version) })
	for _, k := range sorted {
		parts := strings.SplitN(k.Version, ".", 3)
		if _, err := c.parts(k); k.part == "image" && err == nil && len(parts) == 3 {
			series = append(series, parts[0]+"."+parts[1])
		}
	}
	if series = slices.Compact(series); len(series) == 0 {
		return "none"
	}
	return strings.Join(series, ", ")
}
