"""The program that `fork_server.python()` is: see there. It imports little, because it starts for each process."""
# ruff: noqa: PTH109, PTH118, PTH120, SIM105

import json
import os
import signal
import socket
import sys

umask = os.umask(0)
os.umask(umask)
asked = {"words": sys.argv[1:], "environ": dict(os.environ), "folder": os.getcwd(), "umask": umask}
fork_server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
fork_server.connect(os.path.join(os.path.dirname(__file__), "socket"))
socket.send_fds(fork_server, [json.dumps(asked).encode()], [0, 1, 2])
copy = int(fork_server.recv(64))


def pass_on(number: int, _: object) -> None:
    try:
        os.kill(copy, number)
    except ProcessLookupError:
        pass


for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(one, pass_on)
for stream in (0, 1, 2):
    os.close(stream)
status = int(fork_server.recv(64))
if status < 0:
    if -status != signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
os._exit(status)
