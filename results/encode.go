package results

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
)

// NotFiniteError is a figure that is NaN or infinite: a division by nothing that must not reach a file.
type NotFiniteError struct {
	Field string // by its JSON names, such as "cpu.dut_ns_per_packet"
	Value float64
}

// Error implements error.
func (e *NotFiniteError) Error() string { return fmt.Sprintf("field %s is %v", e.Field, e.Value) }

// Encode writes a record as one line of a result file, newline included. The error is a [*NotFiniteError] if a figure is not a number.
func Encode(r Record) ([]byte, error) {
	if err := finite(reflect.ValueOf(r), ""); err != nil {
		return nil, fmt.Errorf("encode %s record: %w", r.Kind(), err)
	}
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.line()); err != nil {
		return nil, fmt.Errorf("encode %s record: %w", r.Kind(), err)
	}
	return line.Bytes(), nil
}

// Print writes a record to a stream of JSON Lines, such as standard output.
func Print(w io.Writer, r Record) error {
	line, err := Encode(r)
	if err != nil {
		return err
	}
	if _, err := w.Write(line); err != nil {
		return fmt.Errorf("print record: %w", err)
	}
	return nil
}

// finite looks for a figure that JSON cannot hold; encoding/json would refuse it too, but not name the field.
func finite(v reflect.Value, field string) error {
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return &NotFiniteError{field, f}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return finite(v.Elem(), field)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil // JSON that was read
		}
		for i := range v.Len() {
			if err := finite(v.Index(i), fmt.Sprintf("%s[%d]", field, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				if err := finite(v.Field(i), join(field, f)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// join is the JSON path of a field of a struct; the fields of an embedded struct stand beside it.
func join(path string, f reflect.StructField) string {
	if f.Anonymous {
		return path
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if path == "" {
		return name
	}
	return path + "." + name
}
