// Package socket makes load and receives it on sockets, as applications do: the UDP
// generator [Sender] and the UDP sink [Sink], TCP streams ([Bulk]) and the ping-pong of
// one packet.
package socket
