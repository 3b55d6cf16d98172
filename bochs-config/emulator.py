"""One Bochs process: started, its console passed on as it appears, ended in time.

Rules: Bochs is not left behind, whatever happens to its parent (it dies with it); Ctrl-C at the terminal reaches the
runner alone, which then ends Bochs in order. Callers: run and bench beside this file.
"""
import contextlib
import ctypes
import dataclasses
import os
import resource
import signal
import subprocess
import time

POLL_SECONDS = 0.02
GRACE_SECONDS = 10.0                      # between SIGTERM and SIGKILL: twice what the agent waits for LTTng
PR_SET_PDEATHSIG = 1
IMAGE_LOCK = "disk.img.lock"              # a Bochs that is killed leaves it behind, and it would stop the next


@dataclasses.dataclass
class Ending:
    """How Bochs ended: how is 'exited', 'signalled', 'timeout' or 'interrupted'; number: exit status or signal;
    seconds: wall time; processor_seconds: time the host's processors spent on it."""
    how: str
    number: int
    seconds: float
    processor_seconds: float = 0.0


class Interrupt:
    """Remembers that the user or the system asked the run to end; asked for between steps, so that cleaning up is never
    cut short."""

    def __init__(self):
        self.raised = False

    def catch_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)
        return self

    def _handle(self, _number, _frame):
        self.raised = True


class Follower:
    """Passes on what is appended to a file, in bytes, as it appears."""

    def __init__(self, path, write):
        self.path = path
        self.write = write
        self.file = None

    def advance(self):
        if self.file is None:
            try:
                self.file = open(self.path, "rb")
            except FileNotFoundError:
                return
        data = self.file.read()
        if data:
            self.write(data)

    def close(self):
        self.advance()
        if self.file is not None:
            self.file.close()


def _die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _processor_seconds():
    """Of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _stop(process):
    """End Bochs: politely first, so that the agent can close its files."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def run(command, directory, environment, follower, timeout, interrupt):
    """Run Bochs to its end.

    command      what machine.write_description returned
    directory    where it runs; Bochs's own output goes to bochs.out there
    environment  the whole environment of the process
    follower     Follower of the console file, or None
    timeout      seconds of wall time
    interrupt    Interrupt
    Returns an Ending. Raises OSError when Bochs cannot be started.
    """
    began, used = time.monotonic(), _processor_seconds()
    with open(os.path.join(directory, "bochs.out"), "wb") as output:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=_die_with_parent)
    how = None
    try:
        while how is None:
            try:
                process.wait(POLL_SECONDS)
                how = "exited"
            except subprocess.TimeoutExpired:
                pass
            if follower is not None:
                follower.advance()
            if how is None and interrupt.raised:
                how = "interrupted"
            elif how is None and time.monotonic() - began > timeout:
                how = "timeout"
    finally:
        if process.poll() is None:
            _stop(process)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(directory, IMAGE_LOCK))
    seconds, used = time.monotonic() - began, _processor_seconds() - used
    if follower is not None:
        follower.close()
    if how == "exited" and process.returncode < 0:
        return Ending("signalled", -process.returncode, seconds, used)
    return Ending(how, process.returncode, seconds, used)
