"""Direct and writable page tables on the build machine: the hypervisor's own code at its own linear addresses, under the
undefined-behaviour sanitizer. (The address sanitizer's tables would lie where the frame table does.)

Each program prints its seed first and the number of checks last; DIRECT_SEED in the environment replaces the fixed seed.
"""
import os
import pathlib
import subprocess

import pytest

from hosted import compile_program, run_program

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT = ROOT / "tests" / "unit" / "direct"
PROGRAMS = sorted(path.stem for path in UNIT.glob("test_*.c"))
FLAGS = ["-O2", "-fno-pie", "-no-pie", "-fsanitize=undefined", "-D__XEN_TOOLS__", "-D_GNU_SOURCE", "-include", "stdint.h",
         "-iquote", "build"]
CODE = [f"xen/direct/{name}.c" for name in ("audit", "direct_mode", "directory", "emulate", "l1e", "release", "table", "update",
                                            "walk", "writable", "writable_mode")]
CODE += [f"shadow/{name}.c" for name in ("alu", "alu_shift", "decode", "decode_tables", "guest_entry", "modify", "operand")]
CODE += ["xen/domain/foreign.c", "xen/domain/grant.c", "xen/domain/memory.c", "xen/domain/physmap.c",
         "xen/domain/switch.c", "trace/emit.c"]
SUPPORT = ["tests/unit/direct/host.c", "tests/unit/direct/shadow_mode.c", "tests/unit/shadow/check.c"]
# references can be refused
REFUSE = ["-include", "tests/unit/direct/refuse.h"]


@pytest.fixture(scope="session")
def objects(tmp_path_factory):
    """What all programs share, compiled once."""
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", "build/trace/generated.stamp"], cwd=ROOT,
                          env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    made = tmp_path_factory.mktemp("direct")
    together = ["-r", "-nostdlib", *FLAGS]
    return [compile_program(made / "code.o", *together, *REFUSE, *CODE, *SUPPORT, cwd=ROOT),
            compile_program(made / "frame.o", *together, "xen/mm/frame.c", cwd=ROOT)]


def build(name, objects, tmp_path):
    """One program."""
    more = ["tests/unit/shadow/native.c"] if name == "test_emulate" else []
    return compile_program(tmp_path / name, *FLAGS, UNIT / f"{name}.c", *more, *objects, cwd=ROOT)


@pytest.mark.parametrize("name", PROGRAMS)
def test_direct(objects, tmp_path, name):
    """Every program ends well and made checks, with each seed where there is something random."""
    program = build(name, objects, tmp_path)
    seeds = [os.environ["DIRECT_SEED"]] if "DIRECT_SEED" in os.environ else ["20261125", "3"]
    for seed in seeds if "random_" in (UNIT / f"{name}.c").read_text().replace("random_begin", "") else seeds[:1]:
        done = run_program(program, seed)
        print(done.stdout)
        assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
        last = done.stdout.strip().splitlines()[-1]
        assert last.startswith(name.removeprefix("test_") + ": ") and int(last.split()[1]) > 0


def test_all_programs_are_there():
    """A program that is gone would be a test that cannot fail."""
    assert {"test_emulate", "test_entries", "test_failure", "test_random", "test_rules", "test_writable"} <= set(PROGRAMS)
