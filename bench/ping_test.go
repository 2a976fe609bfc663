package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"
)

// bePing is `ping -c COUNT ADDRESS`, which not every machine has: it sends the next echo request when the last one was answered.
func bePing(args []string) error {
	count, err := strconv.Atoi(args[slices.Index(args, "-c")+1])
	if err != nil {
		return err
	}
	conn, err := net.Dial("ip4:icmp", args[len(args)-1])
	if err != nil {
		return err
	}
	defer conn.Close()
	for i := range count {
		request := []byte{8, 0, 0, 0, 0, 1, 0, byte(i)} // RFC 792: type 8, code 0, checksum, identifier, sequence number
		binary.BigEndian.PutUint16(request[2:], 0xffff-(8<<8)-1-uint16(i))
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		const header = 20 // of IPv4, without options
		for packet := make([]byte, 100); ; {
			if _, err := conn.Read(packet); err != nil {
				return err
			}
			if reply := packet[header:]; reply[0] == 0 && reply[5] == 1 && reply[7] == byte(i) {
				break
			}
		}
	}
	_, err = fmt.Printf("%d packets transmitted, %d received\n", count, count)
	return err
}

// pingName is what this test binary is called when it is to be ping.
const pingName = "ping"

func pingAndExit() {
	if err := bePing(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ping:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
