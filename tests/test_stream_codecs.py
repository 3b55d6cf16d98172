"""The codecs of the instruction stream's data accesses and page walks, compiled for this host under sanitizers: what was
written is what is read, and damaged content does no harm."""
import subprocess

import pytest

FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-iquote", ".", "-iquote", "build",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
PROGRAMS = {
    "accesses": ["tests/unit/stream/accesses.c", "analysis/stream_accesses.c", "trace/stream/access_encode.c"],
    "walks": ["tests/unit/stream/walks.c", "analysis/stream_walks.c", "trace/stream/walk_encode.c"],
}
SEEDS = range(1, 6)


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_put_is_taken(root, tmp_path, program):
    built = subprocess.run(["gcc", *FLAGS, "-o", tmp_path / program, *PROGRAMS[program]], cwd=root, capture_output=True,
                           text=True, check=False)
    assert built.returncode == 0, built.stderr
    for seed in SEEDS:
        ran = subprocess.run([tmp_path / program, str(seed)], capture_output=True, text=True, timeout=300, check=False)
        assert ran.returncode == 0, f"seed {seed}\n{ran.stdout}{ran.stderr}"
