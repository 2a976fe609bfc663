package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tunbench/bench/internal/dut/tunnel"
	"tunbench/bench/internal/dut/tunnel/wireguard"
	"tunbench/forwarder/steer"
)

// wireGuardEndCommand is hidden: the harness starts it at each end of dut=wireguard-go.
func (con *console) wireGuardEndCommand() *cobra.Command {
	var cfg wireguard.Config
	var policy string
	cmd := &cobra.Command{
		Use:    "wireguard-end",
		Short:  "Be one end of dut=wireguard-go",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if policy != "" {
				if cfg.Steer, err = steer.ParsePolicy(policy); err != nil {
					return &usageError{err}
				}
			}
			return wireguard.Run(cmd.Context(), cfg, func() error {
				_, err := fmt.Fprintln(con.stdout, tunnel.WireGuardReady)
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&cfg.Device, "device", "", "name of the device that it makes")
	flags.IntVar(&cfg.MTU, "mtu", 0, "MTU of the device")
	flags.StringVar(&cfg.TUN, "tun", "", "own, queues, fork or multiqueue")
	flags.IntVar(&cfg.Queues, "queues", 1, "queues of the device")
	flags.StringVar(&policy, "steer", "", "what chooses the queue: hash, cpu or kernel")
	flags.StringVar(&cfg.File, "config", "", "file with keys and peer")
	return cmd
}
