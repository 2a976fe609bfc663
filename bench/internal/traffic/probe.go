package traffic

import "tunbench/forwarder/tun"

// loopbackIndex is the index of lo in every new namespace.
const loopbackIndex = 1

// Probe tries whether a Sink can be had here: it attaches one to the loopback of
// a namespace of its own. It returns nil or what NewSink would.
func Probe() error {
	return tun.InNewNamespace(func() error {
		s, err := NewSink(SinkConfig{IfIndex: loopbackIndex, Port: 1, Flows: 1})
		if err != nil {
			return err
		}
		return s.Close()
	})
}
