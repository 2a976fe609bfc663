"""One end of a tunnel: each packet of a TUN or TAP device goes to the other end in a UDP packet, as it is."""

import fcntl
import os
import select
import signal
import socket
import struct
import sys

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0  # <linux/if_tun.h>
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000
IP_MTU_DISCOVER, IP_PMTUDISC_DO = 10, 2  # <linux/in.h>
SO_RCVBUFFORCE = 33  # <asm-generic/socket.h>
MAX_PACKET = 65536 + 18  # an IP packet in an Ethernet frame with a VLAN tag
PORT = 5555


def attach():
    """Opens the device of this end, which is in the namespace that this program is started in."""
    kind = IFF_TAP if os.environ["TUNBENCH_DEV"] == "tap" else IFF_TUN
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", os.environ["TUNBENCH_DEVICE"].encode(), kind | IFF_NO_PI))
    # The device may have offloads from its last reader, but without vnet header a superpacket makes no sense.
    fcntl.ioctl(fd, TUNSETOFFLOAD, 0)
    return fd


def link():
    """Opens a socket on the physical link, from this end to the other."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)  # no fragments
    # Packets come faster than they are read, a whole device ring at once.
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    s.bind((os.environ["TUNBENCH_LINK_ADDR"], PORT))
    s.connect((os.environ["TUNBENCH_PEER"], PORT))
    # What made it readable may be an error that send takes away: recv must not wait then.
    s.setblocking(False)
    return s


def forward(device, peer, ended):
    """Runs until the device is gone, or ended can be read."""
    while True:
        readable, _, _ = select.select([device, peer, ended], [], [])
        if ended in readable:
            return
        if device in readable:
            packet = os.read(device, MAX_PACKET)
            try:
                peer.send(packet)
            except OSError:
                pass  # the other end is not there, or the packet is too long: it is dropped
        if peer in readable:
            try:
                packet = peer.recv(MAX_PACKET)
            except (ConnectionRefusedError, BlockingIOError):
                continue  # the other end was not there when something was sent
            try:
                os.write(device, packet)
            except OSError:
                pass  # the device is down or refuses the packet: it is dropped


def sigterm():
    """Returns an fd that can be read after SIGTERM. A handler alone would be forgotten if the signal came just before select."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return read


def main():
    ended = sigterm()
    try:
        forward(attach(), link(), ended)
    except OSError as e:
        sys.exit(f"tunnel.py: {e}")


main()
