package forward

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"tunbench/forwarder"
	"tunbench/results"
)

// PrintNegotiated writes what the kernel agreed to, a line per device.
func PrintNegotiated(w io.Writer, n Negotiated) {
	for _, d := range []DeviceInfo{n.A, n.B} {
		verb := "attached to"
		if d.Created {
			verb = "created"
		}
		vnet := "no vnet header"
		if d.VnetHdrLen > 0 {
			vnet = fmt.Sprintf("vnet header of %d bytes", d.VnetHdrLen)
		}
		fmt.Fprintf(w, "%s %s %v: %s, %s, offload %s\n", verb, d.Kind, d.Endpoint, results.Count(d.Queues, "queue"), vnet, d.Offload)
	}
	if n.Intake {
		skipped := Skipped()
		last := len(skipped) - 1
		fmt.Fprintf(w, "intake: packets skip the %s and %s of the device they leave by\n", strings.Join(skipped[:last], ", "), skipped[last])
	}
	PrintNotes(w, n.Notes)
}

// PrintNotes writes a line for each note.
func PrintNotes(w io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, "note:", note)
	}
}

// PrintMeanwhile writes the counters each time that asked delivers, and each new note; the first printed notes
// were written before. It writes from a goroutine of its own until stop is called. stop writes the notes that are
// left, and returns when nothing is written any more.
func (s *Session) PrintMeanwhile(w io.Writer, asked <-chan os.Signal, printed int) (stop func()) {
	ending, ended := make(chan struct{}), make(chan struct{})
	notes := func() {
		all := s.Negotiated().Notes
		PrintNotes(w, all[printed:])
		printed = len(all)
	}
	go func() {
		defer close(ended)
		for {
			select {
			case <-asked:
				_ = PrintStats(w, s.Stats())
			case <-s.Noted():
				notes()
			case <-ending:
				notes()
				return
			}
		}
	}()
	return func() {
		close(ending)
		<-ended
	}
}

// PrintStats writes the counters as a table, a line per queue and direction.
func PrintStats(w io.Writer, s forwarder.Stats) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "queue\tdirection\tread\tsuperpackets\tsegments\tbytes\twritten\tempty reads\tdrops\twrite errors\tintake drops\t")
	for _, worker := range s.Workers {
		for _, row := range []struct {
			name string
			d    forwarder.DirectionStats
		}{{"a to b", worker.AToB}, {"b to a", worker.BToA}} {
			fmt.Fprintf(t, "%d\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%d\t\n", worker.Queue, row.name,
				row.d.ReadPackets, row.d.ReadSuperpackets, row.d.ReadSegments, row.d.ReadBytes, row.d.WrittenSegments,
				row.d.EmptyReads, causes(row.d.Drops), causes(row.d.WriteErrors), row.d.IntakeDrops)
		}
	}
	return t.Flush()
}

// causes lists counts by cause, "0" where there are none.
func causes(counts map[string]uint64) string {
	if len(counts) == 0 {
		return "0"
	}
	var parts []string
	for _, cause := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[cause], cause))
	}
	return strings.Join(parts, ", ")
}
