"""Forwards packets between two TUN or TAP devices: the loop that everybody writes first."""

import ctypes
import fcntl
import os
import select
import signal
import struct
import sys

CLONE_NEWNET = 0x40000000  # <sched.h>
TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0  # <linux/if_tun.h>
IFF_TUN, IFF_TAP, IFF_NO_PI = 0x0001, 0x0002, 0x1000
MAX_PACKET = 65536 + 18  # an IP packet in an Ethernet frame with a VLAN tag

libc = ctypes.CDLL(None, use_errno=True)


def attach(side):
    """Opens the device of a side. An fd keeps the namespace that it was opened in."""
    netns = os.open(os.environ[f"TUNBENCH_{side}_NETNS"], os.O_RDONLY)
    if libc.setns(netns, CLONE_NEWNET) != 0:  # os.setns is there since Python 3.12
        raise OSError(ctypes.get_errno(), f"enter namespace of {side}")
    os.close(netns)
    kind = IFF_TAP if os.environ["TUNBENCH_DEV"] == "tap" else IFF_TUN
    device = os.environ[f"TUNBENCH_{side}_DEVICE"].encode()
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", device, kind | IFF_NO_PI))
    # The device may have offloads from its last reader, but without vnet header a superpacket makes no sense.
    fcntl.ioctl(fd, TUNSETOFFLOAD, 0)
    return fd


def forward(a, b, ended):
    """Runs until a device is gone, or ended can be read."""
    other = {a: b, b: a}
    while True:
        readable, _, _ = select.select([a, b, ended], [], [])
        if ended in readable:
            return
        for fd in readable:
            packet = os.read(fd, MAX_PACKET)
            try:
                os.write(other[fd], packet)
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
    if os.environ["TUNBENCH_CPUS"]:
        os.sched_setaffinity(0, [int(os.environ["TUNBENCH_CPUS"].split(",")[0])])
    try:
        forward(attach("A"), attach("B"), ended)
    except OSError as e:
        sys.exit(f"forwarder.py: {e}")


main()
