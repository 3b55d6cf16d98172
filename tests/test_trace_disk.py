"""A trace that cannot be written any more: the run ends with a message, soon, and the trace can be read up to there."""
import contextlib
import resource
import subprocess
import time

import pytest

from conftest import wait_until
from trace_machine import ROOT, Machine, build_kernel, build_libraries, parse

FULL = "the disk that the trace is written to is full:"
MUTE = "LTTng takes no more records"
SECONDS = 120


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    build_libraries()
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


@contextlib.contextmanager
def small_disk(path, mib):
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mib}m", "penumbra-test", path]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a file system")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def check_end(machine, status, printed):
    assert status == 4 and FULL in printed, printed
    assert FULL in machine.status["text"] and machine.status["outcome"] == "error"
    events = machine.events()
    time, name, fields = parse(events[-1])
    assert (name, fields["outcome"]) == ("hw_end", "error")
    assert fields["records"] == machine.status["records"] and fields["lost"] == 0
    return events


def readable(machine, *statuses, tool="events"):
    """How many lines an analyzer of the machine's trace prints; statuses: what it may say."""
    done = subprocess.run([ROOT / "analysis" / tool, machine.out / "trace"], capture_output=True, text=True, check=False)
    assert done.returncode in statuses, done.stderr
    return done.stdout.count("\n")


def test_less_room_than_is_to_be_set_aside(kernel, tmp_path):
    machine = Machine(tmp_path / "machine", kernel, "endless")
    check_end(machine, *machine.run(traced="mem", PENUMBRA_RESERVE="1000000000"))
    assert "free, which is less than 1000000000 for completing it" in machine.status["text"]


def test_a_small_disk(kernel, tmp_path):
    """One of 64 MiB, which the records of a kernel that makes them without end fill."""
    with small_disk(tmp_path / "disk", 64) as disk:
        machine = Machine(tmp_path / "machine", kernel, "endless")
        machine.out = disk / "out"
        assert len(check_end(machine, *machine.run(traced="mem"))) > 100000
        assert readable(machine, 0, tool="stream")        # nothing is missing


def fill(path, process):
    """Take all of a disk, and what is given back, too, as long as the process runs."""
    with open(path, "wb", buffering=0) as file:
        while process.poll() is None:
            try:
                file.write(bytes(1 << 20))
            except OSError:
                time.sleep(0.01)


def test_a_disk_that_others_fill(kernel, tmp_path):
    """Nothing can be written from one moment to the next, not even the end of the trace."""
    with small_disk(tmp_path / "disk", 256) as disk:
        machine = Machine(tmp_path / "machine", kernel, "endless")
        machine.out = disk / "out"
        process = machine.start(traced="mem")
        wait_until(lambda: all(any(path.stat().st_size > size for path in machine.out.glob(f"trace/**/{name}"))
                               for name, size in [("metadata", 0), ("events_0", 1 << 20)]))
        began = time.monotonic()
        fill(disk / "filler", process)
        assert time.monotonic() - began < SECONDS
        printed, _ = process.communicate()
        assert process.returncode == 4 and FULL in printed, printed
        assert FULL in machine.status["text"] and machine.status["outcome"] == "error"
        assert readable(machine, 0, 4) > 1000        # LTTng may have got what it needed


def test_a_limit_on_the_size_of_files(kernel, tmp_path):
    """The consumer cannot write behind it, and dies of it; the disk is empty."""
    machine = Machine(tmp_path / "machine", kernel, "endless")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12000000, limits[1]))
    try:
        status, printed = machine.run(traced="mem")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert status == 4 and MUTE in printed, printed
    assert MUTE in machine.status["text"] and machine.status["outcome"] == "error"
    assert readable(machine, 4) > 100000
