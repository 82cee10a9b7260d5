"""No core dumps, and no debugger: keys and what people type are in the memory of a process, and stay there.

`LimitCORE=0` of a unit says the same, but only where systemd starts the process; and a limit alone does not hold where
the kernel pipes core dumps to a program (`core_pattern`).
"""

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4


def forbid() -> None:
    """For this process and those that it forks: no core file, and no process of the same user reads its memory.

    What is executed anew begins as the kernel decides, so each of our programs says it for itself.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0)
