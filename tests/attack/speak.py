"""Takes the worker's place on its port, and says what a file holds.

Run as root in a guest: speak.py FILE once|forever. The port can be opened once
only, so the worker is stopped and its descriptor taken out of it.
"""

import ctypes
import os
import signal
import sys

PIDFD_OPEN, PIDFD_GETFD = 434, 438


def loader():
    for name in os.listdir("/proc"):
        try:
            words = open(f"/proc/{name}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if words[1:2] == [b"load"]:
            return int(name)
    sys.exit("no loader")


def stolen(pid, number):
    call = ctypes.CDLL(None, use_errno=True).syscall
    process = call(PIDFD_OPEN, pid, 0)
    fd = call(PIDFD_GETFD, process, number, 0)
    if fd < 0:
        sys.exit(os.strerror(ctypes.get_errno()))
    return fd


pid = loader()
os.kill(pid, signal.SIGSTOP)
port = stolen(pid, 1)
said = open(sys.argv[1], "rb").read()
if sys.argv[2] == "forever":
    # Whole frames, many at once: as fast as the port takes them.
    said *= max(1, 65536 // len(said))
rest = said
while rest:
    try:
        rest = rest[os.write(port, rest):]
    except BlockingIOError:
        continue
    if not rest and sys.argv[2] == "forever":
        rest = said
