"""What every test can ask for: the built project, and runs of guests in Bochs.

Rules: tests of one worker or of many may run at once, so everything is written under a directory of the test's own, and
building happens under the Makefile's lock. Guests run with their memory scattered unless a test says otherwise.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
RUN = ROOT / "bochs-config" / "run"
SCATTER = "scatter=7"
TIMEOUT = 300
LONGEST_WAIT = 300     # seconds for what takes a few on an idle machine; also for another worker's build to end

sys.path.insert(0, str(ROOT / "bochs-config"))


@dataclasses.dataclass
class Finished:
    """A run that has ended: its exit status, what it printed, and where it wrote."""
    status: int
    printed: str
    complaint: str
    out: pathlib.Path

    @property
    def console(self):
        return (self.out / "console.log").read_text(errors="replace")

    @property
    def summary(self):
        return json.loads((self.out / "summary.json").read_text())

    @property
    def last_line(self):
        return self.printed.strip().splitlines()[-1]

    def explain(self):
        """For a failed assertion: what the run said."""
        return f"status {self.status}\n{self.printed[-3000:]}\n{self.complaint[-2000:]}"


@pytest.fixture(scope="session")
def root():
    """The project's directory."""
    return ROOT


@pytest.fixture(scope="session")
def built():
    """Everything is built. With nothing to do this takes a fraction of a second."""
    done = call("make", "--no-print-directory", "build", cwd=ROOT,
                env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")})
    assert done.returncode == 0, f"the build failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def call(*words, **options):
    """Run a command to its end; its status and what it printed are for the test to judge."""
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", check=False,
                          **options)


def wait_until(condition, seconds=LONGEST_WAIT):
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def tcp_sockets(pid):
    """{socket: local address and port, as /proc/net/tcp writes them} of a process. While others come and go that file may
    leave out a line, or have it twice."""
    held = set()
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            held.add(os.readlink(entry))
    lines = pathlib.Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return {fields[9]: fields[1] for fields in map(str.split, lines) if f"socket:[{fields[9]}]" in held}


def run_command(what, out, boot=SCATTER, timeout=TIMEOUT, **options):
    """The command line of a run. what: --guest or --domains and its value; options are those of bochs-config/run, with _
    for -."""
    command = [str(RUN), *map(str, what), "--out", str(out), "--boot", boot, "--timeout", str(timeout)]
    for name, value in options.items():
        name = "--" + name.replace("_", "-")
        command += [name] if value is True else [name, str(value)]
    return command


def finish(what, out, options):
    done = call(*run_command(what, out, **options), timeout=options.get("timeout", TIMEOUT) + LONGEST_WAIT)
    return Finished(done.returncode, done.stdout, done.stderr, out)


@pytest.fixture
def run_guest(built, tmp_path):
    """Run a guest to its end: run_guest("mini", workload="fork-cow") -> Finished."""
    return lambda guest, name="run", **options: finish(["--guest", guest], tmp_path / name, options)


@pytest.fixture
def run_domains(built, tmp_path):
    """Run the domains of a file to their end: run_domains(path, mode="direct") -> Finished."""
    return lambda file, name="run", **options: finish(["--domains", file], tmp_path / name, options)


@pytest.fixture
def start_guest(built, tmp_path):
    """Start a run and give it back while it lasts: start_guest("t_spin") -> (Popen, output directory). It is ended with
    the test."""
    processes = []

    def start(guest, name="run", **options):
        out = tmp_path / name
        process = subprocess.Popen(run_command(["--guest", guest], out, **options), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, start_new_session=True)
        processes.append(process)
        return process, out

    yield start
    for process in processes:
        if process.poll() is None:
            process.terminate()
            process.wait(LONGEST_WAIT)


COMPARISON = """
workloads = ["nano"]
configurations = ["native", "shadow/oos"]
tlb = ["nano"]

[words]
nano = "times=100 forks=2"
"""


@pytest.fixture(scope="session")
def small(built, tmp_path_factory):
    """A small comparison that has been run: (its folder, the finished process). Tests of the xdist_group "compare" share it."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "small.toml").write_text(COMPARISON)
    done = call(ROOT / "bochs-config" / "compare", "--experiment", folder / "small.toml", "--out", folder / "out",
                timeout=600)
    assert done.returncode == 0, done.stderr
    return folder, done
