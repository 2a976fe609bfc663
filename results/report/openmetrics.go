package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"tunbench/results"
)

// WriteOpenMetrics writes the figures of a file as OpenMetrics 1.0 text (https://prometheus.io/docs/specs/om):
// a gauge for each metric, tunbench_ and its name in the trial record, whose unit the name carries. The labels are scenario, arm where there is one, host,
// and statistic: median, min or max over the repeats. Each point has the time at which its scenario was first measured, so that files of
// many days can be loaded into one database. tunbench_host_info says what the machine was.
func WriteOpenMetrics(w io.Writer, f *results.File) error {
	figures, err := exportedOf(f)
	if err != nil {
		return err
	}
	families := []*dto.MetricFamily{hostInfo(f.Host)}
	index := map[results.Metric]*dto.MetricFamily{}
	for _, e := range figures {
		family := index[e.metric]
		if family == nil {
			family = gauge(metricName(e.metric), fmt.Sprintf("%s of a trial, %s is better.", e.metric, betterWord(e.moreIsBetter)))
			index[e.metric] = family
			families = append(families, family)
		}
		for _, s := range []struct {
			statistic string
			value     float64
		}{{"median", e.stat.Median}, {"min", e.stat.Min}, {"max", e.stat.Max}} {
			labels := []label{{"scenario", e.scenario}, {"arm", e.arm}, {"host", f.Host.Hostname}, {"statistic", s.statistic}}
			family.Metric = append(family.Metric, point(labels, s.value, e.start))
		}
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToOpenMetrics(w, family); err != nil {
			return fmt.Errorf("write OpenMetrics: %w", err)
		}
	}
	if _, err := expfmt.FinalizeOpenMetrics(w); err != nil {
		return fmt.Errorf("write OpenMetrics: %w", err)
	}
	return nil
}

func betterWord(moreIsBetter bool) string {
	if moreIsBetter {
		return "more"
	}
	return "less"
}

// metricName is the metric's name with all that a metric's name may not have in OpenMetrics replaced by an underscore.
func metricName(m results.Metric) string {
	return "tunbench_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, string(m))
}

type label struct{ name, value string }

// hostInfo is what the machine was, as labels of a gauge that is 1.
func hostInfo(h results.Host) *dto.MetricFamily {
	family := gauge("tunbench_host_info", "The machine and the program that measured.")
	family.Metric = append(family.Metric, point([]label{
		{"host", h.Hostname},
		{"kernel", h.Kernel},
		{"cpu", h.CPUModel},
		{"virtualization", h.Virtualization},
		{"version", h.Version},
		{"commit", h.Commit},
	}, 1, h.Time))
	return family
}

func gauge(name, help string) *dto.MetricFamily {
	return &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}
}

// point is one value. A label whose value is empty is the same as none; a time that is unknown is left out.
func point(labels []label, value float64, at time.Time) *dto.Metric {
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &value}}
	for _, l := range labels {
		if text := plain(strings.ToValidUTF8(l.value, "�")); text != "" {
			m.Label = append(m.Label, &dto.LabelPair{Name: new(l.name), Value: &text})
		}
	}
	if !at.IsZero() {
		m.TimestampMs = new(at.UnixMilli())
	}
	return m
}
