"""The hypervisor's side of the records: the ring, its sinks, the generated names; freestanding, 32 bits wide and under sanitizers."""
import subprocess

import pytest

from hosted import run_program
from trace_machine import ROOT, build_libraries

WARNINGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wmissing-prototypes", "-Wshadow", "-iquote", ".", "-iquote", "build"]
SOURCES = ["trace/emit.c", "build/trace/records_names.c", "tests/trace/emit_test.c"]


@pytest.mark.parametrize("flags", [["-fsanitize=address,undefined"], ["-m32", "-fno-pie", "-no-pie"]], ids=["sanitized", "32-bit"])
def test_ring_and_sinks(tmp_path, flags):
    build_libraries()
    program = tmp_path / "emit_test"
    subprocess.run(["gcc", *WARNINGS, *flags, "-o", program, *SOURCES], cwd=ROOT, check=True)
    done = run_program(program)
    assert (done.returncode, done.stderr) == (0, "")


def test_emitter_header_compiles_alone(tmp_path):
    build_libraries()
    (tmp_path / "alone.c").write_text('#include "trace/emit.h"\n')
    subprocess.run(["gcc", "-m32", "-ffreestanding", *WARNINGS, "-c", "-o", tmp_path / "alone.o", tmp_path / "alone.c"], cwd=ROOT,
                   check=True)
