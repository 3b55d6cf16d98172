"""The small machine of the trace tests: tests/trace/handover.c booted in Bochs under the agent, with and without a session.

Callers: test_trace_*.py.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "trace"
LIBRARIES = [f"build/trace/{name}.so" for name in ("agent", "provider", "clock", "private")]
SOURCES = ["tests/trace/start.S", "tests/trace/handover.c", "trace/emit.c", "build/trace/records_names.c"]
MEMORY_MIB = 16
SECONDS = 300             # for what takes a few on an idle machine

sys.path[:0] = [str(ROOT / "bochs-config"), str(ROOT / "trace")]

import disk  # noqa: E402
import machine  # noqa: E402


def build_libraries():
    """Bring the agent and its companions up to date, under the Makefile's lock."""
    (ROOT / "build").mkdir(exist_ok=True)
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", *LIBRARIES], cwd=ROOT, env=quiet, check=True,
                   stdout=subprocess.DEVNULL)


def build_kernel(path):
    """Link the test kernel at path."""
    subprocess.run(["gcc", "-m32", "-std=gnu11", "-ffreestanding", "-fno-pic", "-no-pie", "-O2", "-fno-stack-protector", "-Wall",
                    "-Wextra", "-Werror", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
                    "-Wl,--no-warn-rwx-segments", "-iquote", ".", "-iquote", "build", "-T", "tests/trace/kernel.lds", "-o", path,
                    *SOURCES], cwd=ROOT, check=True)


def build_assembly(path, source):
    """Link a test kernel of one assembly file at path."""
    subprocess.run(["gcc", "-m32", "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
                    "-Wl,--no-warn-rwx-segments", "-T", "tests/trace/kernel.lds", "-o", path, source], cwd=ROOT, check=True)


def symbol(kernel, name):
    """Address of a symbol of the kernel."""
    listing = subprocess.run(["nm", kernel], capture_output=True, text=True, check=True).stdout
    return int(re.search(rf"^([0-9a-f]+) . {name}$", listing, re.M)[1], 16)


class Machine:
    """A disk with the kernel and its command-line words in a directory of its own."""

    def __init__(self, directory, kernel, words):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        cylinders = disk.make_image(str(self.directory / "disk.img"), str(kernel), words)
        self.command = machine.write_description(str(self.directory), cylinders, MEMORY_MIB)
        self.out = self.directory / "out"

    def environment(self, **more):
        return {**os.environ, "PENUMBRA_STATUS": str(self.directory / "status.json"),
                "PENUMBRA_CONSOLE": str(self.directory / "console.log"), **more}

    def start(self, traced=False, program=None, **more):
        """Start Bochs under the agent, in a session of its own when traced: True, or what session.py traces."""
        command = [program, *self.command[1:]] if program else self.command
        if traced:
            command = [sys.executable, str(ROOT / "trace" / "session.py"), "--out", str(self.out), "--trace",
                       "events" if traced is True else traced, "--", *command]
        else:
            more.setdefault("LD_PRELOAD", str(BUILD / "agent.so"))
        return subprocess.Popen(command, cwd=self.directory, env=self.environment(**more), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                start_new_session=True)

    def run(self, **options):
        """Run to the end; returns (exit status, what was printed)."""
        process = self.start(**options)
        try:
            printed, _ = process.communicate(timeout=SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return process.returncode, printed

    @property
    def status(self):
        return json.loads((self.directory / "status.json").read_text())

    @property
    def console(self):
        path = self.directory / "console.log"
        return path.read_text() if path.exists() else ""

    def events(self):
        """The decoded trace, as babeltrace2 prints it, times in clock cycles; without the instruction stream."""
        done = subprocess.run(["babeltrace2", "--clock-cycles", "--no-delta", str(self.out / "trace")], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if " penumbra_stream:" not in line]


LINE = re.compile(r"\[(\d+)\] \S+ penumbra:(\w+): \{ cpu_id = 0 \}(?:, \{ (.*) \})?$")
FIELD = re.compile(r'(\w+) = (?:\( "?([^"]*?)"? : container = \d+ \)|"([^"]*)"|(\w+|-\d+))')


def parse(line):
    """(time, name, fields) of one printed event; numbers are numbers, enumeration values their names."""
    match = LINE.match(line)
    assert match, line
    fields = {}
    for name, label, text, number in FIELD.findall(match[3] or ""):
        fields[name] = int(number, 0) if number else label or text
    return int(match[1]), match[2], fields
