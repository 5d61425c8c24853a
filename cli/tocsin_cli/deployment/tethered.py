"""Run a program that cannot outlive who started it, nor can what it starts itself.

A script, run by `sam` as the leader of a process group, with a pipe as its standard input: when
that closes, which happens however the parent ends, the whole group is killed.
"""

import os
import signal
import subprocess
import sys
import threading


def _end_with_the_parent() -> None:
    os.read(sys.stdin.fileno(), 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.exit(subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL))
