package main

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/dut/tunnel/plain"
	"tunbench/forwarder/tun"
)

// tunnelEndCommand is hidden: the harness starts it at each end of dut=plain.
func (con *console) tunnelEndCommand() *cobra.Command {
	var cfg plain.Config
	var dev, local, peer string
	cmd := &cobra.Command{
		Use:    "tunnel-end",
		Short:  "Be one end of dut=plain",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if cfg.Kind, err = tun.ParseKind(dev); err != nil {
				return &usageError{err}
			}
			if cfg.Local, err = netip.ParseAddr(local); err != nil {
				return &usageError{err}
			}
			if cfg.Peer, err = netip.ParseAddr(peer); err != nil {
				return &usageError{err}
			}
			end, err := plain.Open(cfg)
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintln(con.stdout, tunnel.PlainReady); err != nil {
				return errors.Join(err, end.Close())
			}
			err = end.Run(cmd.Context())
			lost := end.Lost()
			for _, reason := range slices.Sorted(maps.Keys(lost)) {
				fmt.Fprintf(con.stderr, "lost %d packets: %s\n", lost[reason], reason)
			}
			return errors.Join(err, end.Close())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Device, "device", "", "name of the device")
	flags.StringVar(&dev, "dev", "tun", "its type, tun or tap")
	flags.StringVar(&local, "local", "", "own address on the physical link")
	flags.StringVar(&peer, "peer", "", "address of the other end")
	flags.Uint16Var(&cfg.Port, "port", 0, "UDP port of the first queue")
	flags.IntVar(&cfg.Queues, "queues", 1, "queues of the device, a socket each")
	flags.IntVar(&cfg.Batch, "batch", 1, "packets of one direction before the other is served")
	flags.BoolVar(&cfg.UGSO, "ugso", true, "send with UDP_SEGMENT")
	flags.BoolVar(&cfg.UGRO, "ugro", true, "receive with UDP_GRO")
	return cmd
}
