"""A TAP interface q860lan with 10.86.0.1/24. Frames on stdin and stdout, each behind its length in two bytes."""
import fcntl
import os
import select
import socket
import struct
import sys

TUNSETIFF = 0x400454CA
IFF_TAP_NO_PI = 0x1002
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8913, 0x8914, 0x8916, 0x891C
NAME = b"q860lan"

tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", NAME, IFF_TAP_NO_PI))
control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def address(text):
    return struct.pack("16sH2s4s8x", NAME, socket.AF_INET, b"\0\0", socket.inet_aton(text))


fcntl.ioctl(control, SIOCSIFADDR, address("10.86.0.1"))
fcntl.ioctl(control, SIOCSIFNETMASK, address("255.255.255.0"))
flags = struct.unpack("16sH", fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sH", NAME, 0)))[1]
fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH", NAME, flags | 1))
sys.stderr.write("up\n")
sys.stderr.flush()

pending = b""
while True:
    ready, _, _ = select.select([tap, 0], [], [])
    if tap in ready:
        frame = os.read(tap, 2000)
        os.write(1, struct.pack(">H", len(frame)) + frame)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            break
        pending += data
        while len(pending) >= 2:
            length = struct.unpack(">H", pending[:2])[0]
            if len(pending) < 2 + length:
                break
            os.write(tap, pending[2 : 2 + length])
            pending = pending[2 + length :]
