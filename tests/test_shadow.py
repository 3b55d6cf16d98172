"""The shadow engine on the build machine: hosted C programs under the address and undefined-behaviour sanitizers.

Each program prints its seed first and the number of checks last; SHADOW_SEED in the environment replaces the fixed seed.
"""
import os
import pathlib
import re
import subprocess

import pytest

from hosted import compile_program, run_program

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = sorted(path.stem for path in (ROOT / "tests" / "unit" / "shadow").glob("test_*.c"))


@pytest.fixture(scope="session")
def programs():
    """The test programs, built under the lock that every build takes."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", "unit"], cwd=ROOT, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"the test programs were not built:\n{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    return ROOT / "build" / "unit"


@pytest.mark.parametrize("name", PROGRAMS)
def test_shadow(programs, name):
    """Every program ends well and made checks."""
    done = run_program(programs / name, os.environ.get("SHADOW_SEED", "20260501"))
    print(done.stdout)
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith(name.removeprefix("test_") + ": ") and int(last.split()[1]) > 0


@pytest.mark.parametrize("seed", ["1", "2", "3"])
@pytest.mark.parametrize("name", ["test_engine", "test_emulate"])
def test_other_seeds(programs, name, seed):
    """What is random is run with more seeds than one."""
    done = run_program(programs / name, seed)
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"


def test_shrunk_program(programs, tmp_path):
    """What is printed of a failing guest is a program: on the whole engine it ends well."""
    done = run_program(programs / "test_shrink", "2")
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    texts = re.findall(r"^/\* test_shrunk.c .*?^}$", done.stdout, re.MULTILINE | re.DOTALL)
    assert len(texts) == 3
    source = tmp_path / "test_shrunk.c"
    source.write_text(texts[0])
    objects = [path for path in programs.rglob("*.o") if not path.name.startswith("test_")]
    program = compile_program(tmp_path / "test_shrunk", "-fsanitize=address,undefined", "-fno-pie", "-no-pie", "-D__XEN_TOOLS__",
                              source, *objects, cwd=ROOT)
    done = run_program(program)
    assert done.returncode == 0 and done.stdout.splitlines()[-1].startswith("shrunk: "), done.stderr[-4000:]


def test_all_programs_are_there():
    """A program that is gone would be a test that cannot fail."""
    assert {"test_bad_days", "test_basic", "test_dirty", "test_emulate", "test_emulate_cases", "test_engine", "test_global", "test_policy",
            "test_pool", "test_propagate", "test_read_only", "test_rules", "test_sample", "test_shrink",
            "test_superpage", "test_walk"} <= set(PROGRAMS)
