#!/usr/bin/python3
"""The end of a session's daemon, also when the process that started it is gone.

Purpose: a process of its own beside the daemon. It waits for its standard input to end; if the session did not say "done" before that,
the session's process died, and the keeper completes the trace, ends the daemon and removes the session's directory in its place.
Rules: whoever lives, session or keeper, holds the lock in the session's directory; a directory whose lock can be taken belongs to
nobody, and the next session removes it with whatever still runs in it.
Callers: session.py, which starts it as: keeper.py HOME DAEMON SESSION TRACE_DIRECTORY, with the environment of LTTng's tools.
"""
import contextlib
import ctypes
import errno
import fcntl
import os
import shutil
import signal
import subprocess
import sys

import description
import rescue

PREFIX = "penumbra-"
LOCK, DAEMON = "lock", "daemon"          # files in the session's directory: its lock, and the daemon's process number
DONE = b"done"
STOP_SECONDS = 20
PR_SET_CHILD_SUBREAPER = 36


def end_group(leader):
    """End the daemon and its consumer, which are in the process group that the daemon leads. By SIGKILL: a daemon asked to end in order
    may take ten seconds or for ever over the buffers of a program that was killed. The orphans come to this process and not to the
    system's first one, which in a container may not look after them."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    try:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while True:
                os.waitpid(-leader, 0)
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, 0)


def complete(home, trace_dir):
    """The last steps on a trace, after the daemon's end. Raises OSError, subprocess.TimeoutExpired: what the buffers still held is not in
    it."""
    try:
        rescue.rescue(home, trace_dir)
    finally:
        description.settle(trace_dir)


def take_lock(directory, *more):
    """Open and lock a session's directory; returns the descriptor. Raises OSError: BlockingIOError when somebody holds it,
    FileNotFoundError when somebody has just removed it."""
    lock = os.open(os.path.join(directory, LOCK), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | sum(more), 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(lock).st_nlink == 0:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), directory)
    except BaseException:
        os.close(lock)
        raise
    return lock


def end_stray_daemon(directory):
    """End the daemon of a directory that belongs to nobody, if the process of that number still is that daemon."""
    with contextlib.suppress(OSError, ValueError):
        with open(os.path.join(directory, DAEMON), encoding="ascii") as file:
            leader = int(file.read())
        with open(f"/proc/{leader}/environ", "rb") as file:
            if b"LTTNG_HOME=" + os.fsencode(directory) in file.read().split(b"\0"):
                end_group(leader)


def remove_stale(parent):
    """Remove what sessions left behind that were killed together with their keepers."""
    for entry in os.scandir(parent):
        if not entry.name.startswith(PREFIX) or not entry.is_dir(follow_symlinks=False):
            continue
        with contextlib.suppress(OSError):
            if entry.stat(follow_symlinks=False).st_uid != os.geteuid():
                continue
            lock = take_lock(entry.path)
            try:
                end_stray_daemon(entry.path)
                shutil.rmtree(entry.path, ignore_errors=True)
            finally:
                os.close(lock)


def main():
    home, leader, session, trace_dir = sys.argv[1:]
    if sys.stdin.buffer.read() == DONE:
        return
    with contextlib.suppress(subprocess.TimeoutExpired, OSError):
        subprocess.run(["lttng", "--no-sessiond", "stop", session], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=STOP_SECONDS, check=False)
    end_group(int(leader))
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        complete(home, trace_dir)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
