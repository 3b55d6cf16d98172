"""A disk that fills while a run is traced: the run ends with a message, and the trace can be read up to there."""
import subprocess

import pytest

from trace_machine import ROOT, Machine, build_kernel, build_libraries, parse

MESSAGE = "the disk that the trace is written to is full:"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    build_libraries()
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


def check_end(machine, status, printed):
    assert status == 4 and MESSAGE in printed, printed
    assert MESSAGE in machine.status["text"] and machine.status["outcome"] == "error"
    events = machine.events()
    time, name, fields = parse(events[-1])
    assert (name, fields["outcome"]) == ("hw_end", "error")
    assert fields["records"] == machine.status["records"] and fields["lost"] == 0
    return events


def test_less_room_than_is_to_be_left(kernel, tmp_path):
    machine = Machine(tmp_path / "machine", kernel, "endless")
    check_end(machine, *machine.run(traced="mem", PENUMBRA_RESERVE="1000000000"))


def test_a_small_disk(kernel, tmp_path):
    """One of 56 MiB, which the records of a kernel that makes them without end fill."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=56m", "penumbra-test", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a file system")
    try:
        machine = Machine(tmp_path / "machine", kernel, "endless")
        machine.out = disk / "out"
        events = check_end(machine, *machine.run(traced="mem"))
        assert len(events) > 100000
        stream = subprocess.run([ROOT / "analysis" / "stream", machine.out / "trace"], capture_output=True, text=True,
                                check=False)
        assert stream.returncode == 0, stream.stderr        # nothing is missing
    finally:
        subprocess.run(["umount", disk], check=True)
