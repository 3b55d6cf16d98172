"""Bochs crashes: the run ends as an error, and its trace has everything up to there, whatever went wrong."""
import shutil
import subprocess

import pytest

from trace_machine import ROOT, Machine, build_kernel, build_libraries, parse

DIED_BY_SIGSEGV = 128 + 11


@pytest.fixture(scope="module")
def crash(tmp_path_factory):
    """Runs a machine whose Bochs crashes: crash(how) -> (machine, exit status, what was printed)."""
    build_libraries()
    directory = tmp_path_factory.mktemp("crash")
    kernel, library, program = directory / "handover.elf", directory / "crash.so", directory / "bochs"
    build_kernel(kernel)
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-fPIC", "-shared", "-fno-optimize-sibling-calls", "-o", library,
                    "tests/trace/crash.c", "-ldl"], cwd=ROOT, check=True)
    program.write_text(f'#!/bin/sh\nLD_PRELOAD="$LD_PRELOAD:{library}" exec {shutil.which("bochs-bin")} "$@"\n')
    program.chmod(0o755)

    def run(how, **options):
        machine = Machine(directory / how / options.get("traced", "off"), kernel, "disk")
        return machine, *machine.run(program=program, CRASH=how, **options)

    return run


def markers(machine):
    return [fields["a"] for _, name, fields in map(parse, machine.events()) if name == "marker" and fields["kind"] == "note"]


@pytest.mark.parametrize("how, name", [("segv", "SEGV"), ("abort", "ABRT"), ("stack", "SEGV")])
def test_all_records_up_to_there(crash, how, name):
    machine, status, printed = crash(how, traced="mem")
    assert status == 4 and f"agent: the run ends: Bochs crashed (SIG{name})\n" in printed, printed
    assert machine.status["outcome"] == "error" and machine.status["text"] == f"Bochs crashed (SIG{name})"
    assert markers(machine)[-1000:] == list(range(1000))
    _, event, fields = parse(machine.events()[-1])
    assert (event, fields["outcome"], fields["lost"]) == ("hw_end", "error", 0)
    checked = subprocess.run([ROOT / "analysis" / "check", machine.out / "trace"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and checked.stderr == "", checked.stdout + checked.stderr


def test_without_a_trace(crash):
    machine, status, printed = crash("segv")
    assert status == 4 and "Bochs crashed (SIGSEGV)" in printed
    assert machine.status["text"] == "Bochs crashed (SIGSEGV)"


@pytest.mark.parametrize("how", ["again", "hang"])
def test_the_agent_fails_over_it(crash, how):
    """Then the process dies of the crash, soon, and what had been recorded is there."""
    machine, status, printed = crash(how, traced="insn")
    assert status == DIED_BY_SIGSEGV, printed
    assert markers(machine)[-1000:] == list(range(1000))
