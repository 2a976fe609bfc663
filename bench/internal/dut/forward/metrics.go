package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tunbench/forwarder"
)

// Metrics serves the counters of a session as Prometheus text on /metrics.
type Metrics struct {
	listener net.Listener
	server   *http.Server
	served   chan struct{} // closed when the server has ended; nil before Serve
}

const (
	// maxScrapers is how many connections are served at a time; others wait.
	maxScrapers = 64
	// How long a client may take to ask, to take the answer, and to ask again.
	askPatience    = 5 * time.Second
	answerTakes    = 10 * time.Second
	betweenScrapes = 2 * time.Minute
)

// ListenMetrics listens on address (host:port). Clients that connect wait until Serve is called.
func ListenMetrics(address string) (*Metrics, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("serve metrics: %w", err)
	}
	return &Metrics{listener: limitConnections(listener, maxScrapers)}, nil
}

// Serve answers until Close. The counters are read when somebody asks; the forwarder does
// not notice. It is called once at most, and returns at once.
func (m *Metrics) Serve(stats func() forwarder.Stats) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{stats})
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	m.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: askPatience, ReadTimeout: askPatience, WriteTimeout: answerTakes, IdleTimeout: betweenScrapes,
		ErrorLog: log.New(io.Discard, "", 0), // a client's faults are its own
	}
	m.served = make(chan struct{})
	go func() {
		defer close(m.served)
		_ = m.server.Serve(m.listener) // ends with Close
	}()
}

// Address returns the address that the server listens on.
func (m *Metrics) Address() string { return m.listener.Addr().String() }

// Close stops the server. It gives requests under way a second, and then cuts all connections.
func (m *Metrics) Close() error {
	if m.server == nil {
		return m.listener.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := m.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = m.server.Close()
	}
	<-m.served
	if err != nil {
		return fmt.Errorf("stop metrics: %w", err)
	}
	return nil
}

// collector turns a snapshot into metrics, named after its fields.
type collector struct {
	stats func() forwarder.Stats
}

var (
	directionLabels = []string{"queue", "direction"}

	readPackets      = counterDesc("read_packets", "Packets read, a superpacket counted once.", directionLabels)
	readSuperpackets = counterDesc("read_superpackets", "Superpackets read.", directionLabels)
	readSegments     = counterDesc("read_segments", "Wire-size packets read, superpackets opened up.", directionLabels)
	readBytes        = counterDesc("read_bytes", "Bytes read, without vnet headers.", directionLabels)
	writtenPackets   = counterDesc("written_packets", "Packets written, a superpacket counted once.", directionLabels)
	writtenSegments  = counterDesc("written_segments", "Wire-size packets written, superpackets opened up.", directionLabels)
	emptyReads       = counterDesc("empty_reads", "Reads that found nothing.", directionLabels)
	takenPackets     = counterDesc("taken_packets", "Of the packets read, those that came through an intake.", directionLabels)
	intakeDrops      = counterDesc("intake_dropped_segments", "Wire-size packets that an intake dropped before they were read.", directionLabels)
	drops            = counterDesc("dropped_segments", "Wire-size packets dropped, by reason.", append(directionLabels, "reason"))
	writeErrors      = counterDesc("write_error_segments", "Wire-size packets whose write failed, by errno.", append(directionLabels, "errno"))
	sleeps           = counterDesc("sleeps", "Times a worker went to sleep.", directionLabels[:1])
)

func counterDesc(name, help string, labels []string) *prometheus.Desc {
	return prometheus.NewDesc("tunbench_forwarder_"+name+"_total", help, labels, nil)
}

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	for _, w := range c.stats().Workers {
		queue := strconv.Itoa(w.Queue)
		collectDirection(ch, w.AToB, queue, "a_to_b")
		collectDirection(ch, w.BToA, queue, "b_to_a")
		counter(ch, sleeps, w.Sleeps, queue)
	}
}

func collectDirection(ch chan<- prometheus.Metric, d forwarder.DirectionStats, queue, direction string) {
	for desc, n := range map[*prometheus.Desc]uint64{
		readPackets:      d.ReadPackets,
		readSuperpackets: d.ReadSuperpackets,
		readSegments:     d.ReadSegments,
		readBytes:        d.ReadBytes,
		writtenPackets:   d.WrittenPackets,
		writtenSegments:  d.WrittenSegments,
		emptyReads:       d.EmptyReads,
		takenPackets:     d.TakenPackets,
		intakeDrops:      d.IntakeDrops,
	} {
		counter(ch, desc, n, queue, direction)
	}
	for reason, n := range d.Drops {
		counter(ch, drops, n, queue, direction, reason)
	}
	for errno, n := range d.WriteErrors {
		counter(ch, writeErrors, n, queue, direction, errno)
	}
}

func counter(ch chan<- prometheus.Metric, desc *prometheus.Desc, n uint64, labels ...string) {
	ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(n), labels...)
}
