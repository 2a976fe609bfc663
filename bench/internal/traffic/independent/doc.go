// Package independent lets programs of others make load and receive it, to check what our own generators and sinks say: [Iperf3] has streams
// and datagrams, [Sockperf] round trips. A client and a server run for each load, in the namespaces of the two ends. Both end with it, and with
// this process.
package independent
