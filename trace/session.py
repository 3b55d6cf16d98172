#!/usr/bin/python3
"""A private LTTng session for one run.

Purpose: start a session daemon that nobody else sees, record every penumbra event into OUT/trace, and leave nothing behind.

    with TraceSession("out/run") as session:
        subprocess.run(["bochs-bin", ...], env={**os.environ, **session.environment()})
    # out/run/trace holds the trace now

or by hand: trace/session.py --out out/run -- bochs-bin -q -f bochsrc -rc commands

Rules: all that the daemon, its consumer and the traced program share lies in one fresh temporary directory (a short path, for socket
names end at 108 bytes). Whatever happens to the traced program, SIGKILL included, what it had recorded is readable after stop(). When
this process dies without stop(), a keeper (keeper.py) does its work.
Sources: lttng-sessiond(8), lttng-enable-channel(1), lttng-ust(3) of LTTng 2.13; trace/private.c and trace/clock.c beside this file.
"""
import argparse
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import keeper
import rescue

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build", "trace")
SESSION, CHANNEL, EVENTS = "penumbra", "events", "penumbra:*"
# More sub-buffers let the machine run on while the consumer writes.
SUB_BUFFER_BYTES, SUB_BUFFERS = 131072, 16
# Of the instruction stream: a packet is one event, of at most 0.8 MB (trace/agent/stream_packet.c).
STREAM_CHANNEL, STREAM_EVENTS, STREAM_SUB_BUFFER_BYTES, STREAM_SUB_BUFFERS = "stream", "penumbra_stream:*", 1048576, 4
# The trace's description is written as soon as it is there, not at the end: it may be that nothing can be written any more then.
METADATA_MICROSECONDS = 1000000
DEPTHS = ["events", "insn", "mem"]
CLOCK_BYTES = 4096
# What a busy machine may take for what takes a moment elsewhere.
START_SECONDS, COMMAND_SECONDS, REGISTER_SECONDS, ANSWER_SECONDS = 60, 60, 60, 60
PR_SET_PDEATHSIG = 1
MEMORY, ROOM_BYTES = "/dev/shm", 128 << 20                # a container's may be small, and others may use it
SOCKET_DIRECTORY_LONGEST = 50            # of the temporary directory; LTTng adds up to 45 to it


class SessionError(Exception):
    """The session could not be started or ended; the text says what failed."""


class TraceSession:
    """See the module. A second stop() does nothing; a session cannot be started again."""

    def __init__(self, out_dir, build_dir=BUILD, depth="events"):
        """out_dir: its folder trace must not exist or be empty. build_dir: where agent.so, clock.so and private.so are. depth: one of
        DEPTHS."""
        self.depth = depth
        self.trace_dir = os.path.join(os.path.abspath(out_dir), "trace")
        self.build_dir = os.path.abspath(build_dir)
        self.home = None
        self._lock = None
        self._daemon = None
        self._keeper = None
        self._log = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_unused):
        self.stop()

    def start(self):
        """Start daemon and recording. Raises SessionError; call stop() after it as well."""
        self._check()
        keeper.remove_stale(temporary_parent())
        self._make_home()
        with open(self._path(rescue.CLOCK), "wb") as file:
            file.truncate(CLOCK_BYTES)
        os.mkdir(self._path("private"), 0o700)
        os.makedirs(self.trace_dir, exist_ok=True)
        self._start_daemon()
        self._lttng("create", SESSION, f"--output={self.trace_dir}", f"--shm-path={self._path(rescue.BUFFERS)}")
        self._lttng("enable-channel", "--userspace", f"--session={SESSION}", "--buffers-uid", f"--subbuf-size={SUB_BUFFER_BYTES}",
                    "--num-subbuf=2", f"--switch-timer={METADATA_MICROSECONDS}", "metadata")
        self._record(CHANNEL, EVENTS, SUB_BUFFER_BYTES, SUB_BUFFERS)
        if self.depth != "events":
            self._record(STREAM_CHANNEL, STREAM_EVENTS, STREAM_SUB_BUFFER_BYTES, STREAM_SUB_BUFFERS)
        self._lttng("start", SESSION)

    def _make_home(self):
        """Another session may take a directory whose lock is not held yet for one that was left behind, and remove it."""
        while self._lock is None:
            self.home = tempfile.mkdtemp(prefix=keeper.PREFIX, dir=temporary_parent())
            with contextlib.suppress(FileNotFoundError, BlockingIOError):
                self._lock = keeper.take_lock(self.home, os.O_CREAT)

    def _record(self, channel, events, sub_buffer_bytes, sub_buffers):
        self._lttng("enable-channel", "--userspace", f"--session={SESSION}", "--buffers-uid", "--blocking-timeout=inf",
                    f"--subbuf-size={sub_buffer_bytes}", f"--num-subbuf={sub_buffers}", channel)
        self._lttng("enable-event", "--userspace", f"--session={SESSION}", f"--channel={channel}", events)

    def environment(self):
        """What the traced program needs in its environment, beside PENUMBRA_STATUS and PENUMBRA_CONSOLE."""
        return {**self._common(), "PENUMBRA_TRACE": self.depth, "PENUMBRA_TRACE_DIRECTORY": self.trace_dir,
                **preload(self.build_dir, "agent.so", "private.so"),
                "LTTNG_UST_ALLOW_BLOCKING": "1", "LTTNG_UST_REGISTER_TIMEOUT": str(1000 * REGISTER_SECONDS),
                "LTTNG_UST_GETCPU_PLUGIN": self._library("clock.so"),
                "LTTNG_UST_WITHOUT_BADDR_STATEDUMP": "1", "LTTNG_UST_WITHOUT_PROCNAME_STATEDUMP": "1"}

    def stop(self):
        """Complete the trace and remove everything else. The traced program must have ended. Raises SessionError when the trace may be
        incomplete; nothing is left behind even then."""
        if self.home is None:
            return
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            if self._daemon is not None and self._daemon.poll() is None:
                self._lttng("stop", SESSION)     # waits until all is written; destroying would only wait longer
        finally:
            self._clean_up()
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _check(self):
        for tool in ("lttng", "lttng-sessiond"):
            if not shutil.which(tool):
                raise SessionError(f"{tool} is not installed: run 'make setup' or install the package lttng-tools")
        for name in ("agent.so", "provider.so", "clock.so", "private.so"):
            if not os.path.exists(self._library(name)):
                raise SessionError(f"{self._library(name)} is missing: run 'make build'")
        if os.path.isdir(self.trace_dir) and os.listdir(self.trace_dir):
            raise SessionError(f"{self.trace_dir} holds a trace already: remove it or choose another place")

    def _path(self, name):
        return os.path.join(self.home, name)

    def _library(self, name):
        return os.path.join(self.build_dir, name)

    def _common(self):
        return {"LTTNG_HOME": self.home, "PENUMBRA_PRIVATE": self._path("private"), "PENUMBRA_CLOCK": self._path(rescue.CLOCK),
                "LTTNG_UST_CLOCK_PLUGIN": self._library("clock.so")}

    def _environment_of_tools(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LTTNG_")}
        return {**kept, **self._common(), **preload(self.build_dir, "private.so"), "LC_ALL": "C",
                "LTTNG_APP_SOCKET_TIMEOUT": str(ANSWER_SECONDS)}

    def _start_daemon(self):
        self._log = open(self._path("daemon.log"), "w+b")
        self._daemon = subprocess.Popen(
            ["lttng-sessiond", "--no-kernel", "--quiet"], env=self._environment_of_tools(), stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log, start_new_session=True)
        with open(self._path(keeper.DAEMON), "w", encoding="ascii") as file:
            file.write(str(self._daemon.pid))
        self._keeper = subprocess.Popen(
            [sys.executable, "-B", keeper.__file__, self.home, str(self._daemon.pid), SESSION, self.trace_dir],
            env=self._environment_of_tools(), stdin=subprocess.PIPE, start_new_session=True, pass_fds=[self._lock])
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._daemon.poll() is not None:
                raise SessionError(f"lttng-sessiond ended with status {self._daemon.returncode}: {self._said()}")
            if time.monotonic() > deadline:
                raise SessionError(f"lttng-sessiond does not answer: {self._said()}")
            time.sleep(0.01)

    def _answers(self):
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(self._path(".lttng/client-lttng-sessiond"))
            except OSError:
                return False
        return os.path.exists(self._path(".lttng/lttng-ust-sock-8"))

    def _said(self):
        self._log.flush()
        with open(self._log.name, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:].strip() or "it printed nothing"

    def _lttng(self, *words):
        try:
            done = subprocess.run(["lttng", "--no-sessiond", *words], env=self._environment_of_tools(), stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=COMMAND_SECONDS, start_new_session=True, check=False)
        except subprocess.TimeoutExpired:
            raise SessionError(f"lttng {words[0]} does not end: {self._said()}") from None
        if done.returncode != 0:
            raise SessionError(f"lttng {words[0]} failed: {(done.stderr or done.stdout).strip()} {self._said()}")

    def _clean_up(self):
        if self._daemon is not None:
            keeper.end_group(self._daemon.pid)
            self._daemon.wait()
        if self._log is not None:
            self._log.close()
        try:
            keeper.complete(self.home, self.trace_dir)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SessionError(f"the end of the trace could not be written: {error}") from None
        finally:
            shutil.rmtree(self.home, ignore_errors=True)
            if self._keeper is not None:
                self._keeper.communicate(keeper.DONE)
            if self._lock is not None:
                os.close(self._lock)
            self.home = self._lock = self._daemon = self._keeper = self._log = None


def preload(directory, *names):
    """The environment that loads libraries of a directory into a program. LD_PRELOAD ends a name at a blank, and the
    directory's may have one, so the names stand alone and the loader is told where to look."""
    elsewhere = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_PRELOAD": ":".join(names), "LD_LIBRARY_PATH": f"{directory}:{elsewhere}" if elsewhere else directory}


def temporary_parent():
    """Where sessions put their directories, which hold LTTng's buffers: $TMPDIR when socket names still fit into it, otherwise memory
    where there is such a place with room, otherwise /tmp."""
    chosen = os.environ.get("TMPDIR", "")
    if chosen and len(chosen) < SOCKET_DIRECTORY_LONGEST - len(keeper.PREFIX) - 8 and os.access(chosen, os.W_OK | os.X_OK):
        return chosen
    if os.access(MEMORY, os.W_OK | os.X_OK):
        disk = os.statvfs(MEMORY)
        if disk.f_bavail * disk.f_frsize >= ROOM_BYTES:
            return MEMORY
    return "/tmp"


def end_with_parent():
    """In the command before it is one: SIGTERM when the process that started it dies."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main():
    parser = argparse.ArgumentParser(description="Run a command with its penumbra events recorded into OUT/trace.",
                                     epilog="example: trace/session.py --out out/try -- bochs-bin -q -f bochsrc -rc commands")
    parser.add_argument("--out", required=True, help="folder that gets the folder 'trace'")
    parser.add_argument("--trace", choices=DEPTHS, default="events", help="events, or every instruction too (default events)")
    parser.add_argument("command", nargs="+", help="the command and its arguments, after --")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))
    status = 0
    try:
        with TraceSession(options.out, depth=options.trace) as session:
            with subprocess.Popen(options.command, env={**os.environ, **session.environment()}, preexec_fn=end_with_parent) as process:
                try:
                    status = process.wait()
                except BaseException:
                    process.terminate()
                    process.wait()       # its end is recorded, too; after Ctrl-C `with` would not wait for it
                    raise
    except (SessionError, OSError) as error:
        print(f"session.py: {error}", file=sys.stderr)
        status = status or 1
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    sys.exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
