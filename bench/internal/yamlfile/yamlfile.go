// Package yamlfile reads YAML that people write, strictly: what is not known is an error that names the file, the line and what is allowed.
package yamlfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Node is a value in a file, with its line.
type Node = yaml.Node

// Reader reads the values of one file.
type Reader struct {
	Name string // of the file, before every error
}

// Document is the one document of a text; nil if there is nothing but comments.
func (r Reader) Document(text []byte) (*Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var document Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Name, err)
	}
	if err := decoder.Decode(new(Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: more than one document", r.Name)
	}
	return document.Content[0], nil
}

// ErrorAt is an error at the line of a node.
func (r Reader) ErrorAt(n *Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", r.Name, n.Line, fmt.Sprintf(format, args...))
}

// EachKey hands out the keys of a mapping, which must be known and there once. what is a key in words.
func (r Reader) EachKey(n *Node, what string, known []string, take func(key string, value *Node) error) error {
	return r.each(n, "want a mapping; each "+what+" is one of: "+strings.Join(known, ", "), func(key, value *Node) error {
		if !slices.Contains(known, key.Value) {
			return r.ErrorAt(key, "%s: no such %s; there are: %s", key.Value, what, strings.Join(known, ", "))
		}
		return take(key.Value, value)
	})
}

// Texts is a mapping of names that the user chooses to texts.
func (r Reader) Texts(n *Node, key string) (map[string]string, error) {
	texts := map[string]string{}
	err := r.each(n, key+": want a mapping of names to texts", func(name, value *Node) (err error) {
		texts[name.Value], err = r.Text(value, key+": "+name.Value)
		return err
	})
	return texts, err
}

// each hands out the pairs of a mapping, whose keys must be there once.
func (r Reader) each(n *Node, want string, take func(key, value *Node) error) error {
	if n.Kind != yaml.MappingNode {
		return r.ErrorAt(n, "%s", want)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			return r.ErrorAt(key, "%s is given twice", key.Value)
		}
		seen[key.Value] = true
		if err := take(key, value); err != nil {
			return err
		}
	}
	return nil
}

// Text is a single value as it is written, which must not be empty.
func (r Reader) Text(n *Node, key string) (string, error) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		return "", r.ErrorAt(n, "%s: want a text", key)
	}
	return n.Value, nil
}

// List is a list of texts; one that is not in a list is a list of one.
func (r Reader) List(n *Node, key string) ([]string, error) {
	items := n.Content
	if n.Kind == yaml.ScalarNode {
		items = []*Node{n}
	} else if n.Kind != yaml.SequenceNode || len(items) == 0 {
		return nil, r.ErrorAt(n, "%s: want a list of texts", key)
	}
	var texts []string
	for _, item := range items {
		text, err := r.Text(item, key)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// Choice is one of the texts that are allowed.
func (r Reader) Choice(n *Node, key string, allowed ...string) (string, error) {
	if n.Kind != yaml.ScalarNode || !slices.Contains(allowed, n.Value) {
		return "", r.ErrorAt(n, "%s: %s: want %s", key, n.Value, strings.Join(allowed, ", "))
	}
	return n.Value, nil
}

// Bool is true or false.
func (r Reader) Bool(n *Node, key string) (value bool, err error) {
	if n.Kind != yaml.ScalarNode || n.Decode(&value) != nil {
		return false, r.ErrorAt(n, "%s: want true or false", key)
	}
	return value, nil
}

// Int is a whole number within bounds; unit is what is counted, in words.
func (r Reader) Int(n *Node, key string, least, most int, unit string) (value int, err error) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(&value) != nil || value < least || value > most {
		return 0, r.ErrorAt(n, "%s: %s: want %d to %d%s", key, n.Value, least, most, strings.TrimRight(" "+unit, " "))
	}
	return value, nil
}

// Items are the values of a list; one that is not in a list is a list of one.
func (r Reader) Items(n *Node, key string) ([]*Node, error) {
	switch {
	case n.Kind == yaml.SequenceNode && len(n.Content) > 0:
		return n.Content, nil
	case n.Kind == yaml.SequenceNode || n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Value == ""):
		return nil, r.ErrorAt(n, "%s: want a list with at least one item, or leave it out", key)
	}
	return []*Node{n}, nil
}

// IsText reports whether a value is a single one and no list or mapping.
func IsText(n *Node) bool { return n.Kind == yaml.ScalarNode }

// Duration is a time with its unit, within bounds.
func (r Reader) Duration(n *Node, key string, least, most time.Duration) (time.Duration, error) {
	d, err := time.ParseDuration(n.Value)
	if n.Kind != yaml.ScalarNode || err != nil || d < least || d > most {
		return 0, r.ErrorAt(n, "%s: %s: want a time from %v to %v, such as 10s", key, n.Value, least, most)
	}
	return d, nil
}
