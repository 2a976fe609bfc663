package shards

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"tunbench/bench/internal/campaign"
)

// framed is a shard in a log, line by line.
func framed(t testing.TB, index int, text string) []string {
	t.Helper()
	var b strings.Builder
	if err := WriteFrame(&b, Frame{Hash: "0123456789ab", Shard: campaign.Shard{Index: index, Of: 3}, Text: []byte(text)}); err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(strings.TrimSuffix(b.String(), "\n"), "\n")
}

// sample is a text that compresses badly.
func sample(index, lines int) string {
	var b strings.Builder
	x := uint64(index + 1)
	for range lines {
		x = x*6364136223846793005 + 1442695040888963407
		fmt.Fprintf(&b, "%x\n", x)
	}
	return b.String()
}

// TestFrameThroughLogs: what logs do to lines does not matter.
func TestFrameThroughLogs(t *testing.T) {
	text := sample(0, 50)
	lines, other := framed(t, 0, text), framed(t, 1, sample(1, 50))
	each := func(format string) string {
		var b strings.Builder
		for _, line := range lines {
			fmt.Fprintf(&b, format, strings.TrimSuffix(line, "\n"))
		}
		return b.String()
	}
	var mixed strings.Builder
	for i := range max(len(lines), len(other)) {
		for _, from := range [][]string{lines, other} {
			if i < len(from) {
				mixed.WriteString(strings.TrimSuffix(from[i], "\n") + "\n")
			}
		}
	}
	plain := strings.Join(lines, "")
	for name, log := range map[string]string{
		"as it is":             plain,
		"carriage returns":     each("%s\r\n"),
		"kubectl --prefix":     each("[pod/tunbench-0-x2x9z/tunbench] %s\n"),
		"kubectl --timestamps": each("2026-05-04T12:00:00.123456789Z %s\n"),
		"srun --label":         each("0: %s\n"),
		"docker's json-file":   each(`{"log":"%s\n","stream":"stdout","time":"2026-05-04T12:00:00Z"}` + "\n"),
		"CRI":                  each("2026-05-04T12:00:00.1Z stdout F %s\n"),
		"other lines between":  "table\n" + each("%s\nslurmstepd: something\n") + "end\n",
		"with another shard":   mixed.String(),
		"a copy cut off first": strings.Join(lines[:5], "") + plain,
	} {
		frames, err := ReadFrames(strings.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, f := range frames {
			if f.Shard.Index == 0 && f.Err == nil && string(f.Text) == text && f.Hash == "0123456789ab" && f.Shard.Of == 3 {
				whole++
			}
		}
		if whole != 1 {
			t.Errorf("%s: %d whole copies among %v", name, whole, frames)
		}
	}
}

// TestFrameLosesSomething: what is missing is named, and where.
func TestFrameLosesSomething(t *testing.T) {
	lines := framed(t, 2, sample(2, 50))
	n := len(lines) - 2
	without := func(i int) string { return strings.Join(lines[:i], "") + strings.Join(lines[i+1:], "") }
	changed := func(i, at int) string {
		line := []byte(lines[i])
		at = len(line) - 1 - at
		if line[at]++; line[at] > 'z' || line[at] == '[' || line[at] == ':' {
			line[at] = 'A'
		}
		return strings.Join(lines[:i], "") + string(line) + strings.Join(lines[i+1:], "")
	}
	for name, tc := range map[string]struct{ log, want string }{
		"cut off after a line":   {strings.Join(lines[:4], ""), fmt.Sprintf("breaks off after line 3 of %d", n)},
		"cut off in a line":      {strings.Join(lines[:4], "") + lines[4][:60], "line 3 of"},
		"cut off before the end": {strings.Join(lines[:n+1], ""), fmt.Sprintf("breaks off after line %d of %d", n, n)},
		"begin only":             {lines[0], "breaks off after line 0"},
		"a line is missing":      {without(5), "line 4 of"},
		"the last is missing":    {without(n), fmt.Sprintf("1 line of %d", n)},
		"a line is damaged":      {changed(5, 10), "damaged"},
		"the checksum is":        {strings.Replace(strings.Join(lines, ""), strings.Fields(lines[0])[5], strings.Repeat("0", 64), 1), "damaged"},
		"the size is":            {strings.Replace(strings.Join(lines, ""), "begin ", "begin 1", 1), "damaged"},
		"a size beyond reason":   {strings.Replace(strings.Join(lines, ""), "begin ", "begin 9999999", 1), "more than any result file"},
	} {
		frames, err := ReadFrames(strings.NewReader(tc.log))
		if err != nil || len(frames) != 1 || frames[0].Err == nil || !strings.Contains(frames[0].Err.Error(), tc.want) || frames[0].Shard.Index != 2 || frames[0].Text != nil {
			t.Errorf("%s: %+v, %v; want %q", name, frames, err, tc.want)
		}
	}
	if frames, err := ReadFrames(strings.NewReader(strings.Join(lines[1:], ""))); err != nil || len(frames) > 0 {
		t.Errorf("without its begin: %v, %v", frames, err)
	}
	broken := errors.New("broken disk")
	if _, err := ReadFrames(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// TestCutOffLogIsNamed: a log that breaks off is a shard that is missing, with the place.
func TestCutOffLogIsNamed(t *testing.T) {
	dir := t.TempDir()
	shardOf(0).file(t, dir, "0")
	lines := framed(t, 1, string(shardOf(1).text(t)))
	fileOf(t, dir, "pod.log", []byte("one\ntwo\n"+strings.Join(lines[:3], "")))
	m, err := merge(t, dir, "0", "pod.log")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("pod.log:3: the log breaks off after line 2 of %d of the shard", len(lines)-2)
	if got := m.Record.Missing[0]; got.Index != 1 || !strings.Contains(got.Why, want) {
		t.Errorf("%+v, want %q", got, want)
	}

	fileOf(t, dir, "liar.log", []byte(strings.Join(framed(t, 1, string(shardOf(2).text(t))), "")))
	if _, err := merge(t, dir, "0", "liar.log"); err == nil || !strings.Contains(err.Error(), "liar.log:1: it is said to be shard 1/3") {
		t.Errorf("a frame with another shard in it: %v", err)
	}
}

// FuzzReadFrames: no log makes it panic; what it takes as whole is what its line says, and what is written is found in any log.
func FuzzReadFrames(f *testing.F) {
	lines := framed(f, 0, sample(0, 9))
	f.Add([]byte(strings.Join(lines, "")), []byte("x"))
	f.Add([]byte(strings.Join(lines[:3], "")), []byte(""))
	f.Add([]byte("tunbench-shard 0123456789ab 0/3 begin 0 "+strings.Repeat("0", 64)+" 0\ntunbench-shard 0123456789ab 0/3 end"), []byte("\n"))
	f.Add([]byte("tunbench-shard 0123456789ab 4/3 begin 9999999999 "+strings.Repeat("0", 64)+" 999999999\n"), []byte("{}\n"))
	f.Fuzz(func(t *testing.T, log, text []byte) {
		before, err := ReadFrames(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		for _, frame := range before {
			if (frame.Err == nil) != (frame.Text != nil) && len(frame.Text) > 0 {
				t.Errorf("both a text and an error: %+v", frame)
			}
			if frame.Shard.Index >= frame.Shard.Of || frame.Line < 1 {
				t.Errorf("%+v", frame)
			}
		}
		var all bytes.Buffer
		all.Write(log)
		all.WriteByte('\n')
		shard := campaign.Shard{Index: 1, Of: 77}
		if err := WriteFrame(&all, Frame{Hash: "fedcba987654", Shard: shard, Text: text}); err != nil {
			t.Fatal(err)
		}
		after, err := ReadFrames(&all)
		if err != nil {
			t.Fatal(err)
		}
		for _, frame := range after {
			if frame.Hash == "fedcba987654" && frame.Shard == shard && frame.Err == nil && bytes.Equal(frame.Text, text) {
				return
			}
		}
		t.Errorf("not found behind %q: %+v", log, after)
	})
}

// TestDamagedLogs: whatever happens to a log, a shard that is said to be whole is what was printed, and none comes from nowhere.
func TestDamagedLogs(t *testing.T) {
	const cases = 3000
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{sample(0, 9), sample(1, 30), ""}
	var all []string
	for i, text := range texts {
		all = append(all, framed(t, i, text)...)
	}
	whole, broken := 0, 0
	for range cases {
		lines := slices.Clone(all)
		for range random.IntN(4) {
			i, k := random.IntN(len(lines)), random.IntN(len(lines))
			switch random.IntN(6) {
			case 0: // lost
				lines[i] = ""
			case 1: // in another order
				lines[i], lines[k] = lines[k], lines[i]
			case 2: // twice
				lines[i] += lines[k]
			case 3: // a byte is another one
				if line := []byte(lines[i]); len(line) > 0 {
					line[random.IntN(len(line))] ^= 1 << random.IntN(8)
					lines[i] = string(line)
				}
			case 4: // two lines in one
				lines[i] = strings.TrimSpace(lines[i])
			case 5: // the log breaks off
				lines[i] = lines[i][:random.IntN(len(lines[i])+1)]
				clear(lines[i+1:])
			}
		}
		frames, err := ReadFrames(strings.NewReader(strings.Join(lines, "")))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range frames {
			switch {
			case f.Err != nil:
				broken++
			case f.Shard.Index < len(texts) && string(f.Text) == texts[f.Shard.Index]:
				whole++
			case !slices.Contains(texts, string(f.Text)): // a bit of the number of the shard may be another one
				t.Fatalf("%+v of\n%s", f, strings.Join(lines, ""))
			}
		}
	}
	if whole < cases/2 || broken < cases/4 {
		t.Errorf("%d whole and %d broken: not what this test is for", whole, broken)
	}
}
