"""The pure parts of the domain builder and of the descriptor checks, compiled for this host under sanitizers and fed with damage.

Each program prints the seed of its random numbers; PENUMBRA_SEED repeats a run.
"""
import os
import subprocess

import pytest

PROGRAMS = {
    "test_kernel_image": ["xen/domain/elf.c", "xen/domain/notes.c", "xen/domain/guest_section.c", "xen/domain/image.c", "xen/domain/layout.c"],
    "test_descriptor": ["xen/guest/descriptor.c"],
}
FLAGS = ["-m32", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-iquote", ".", "-include", "stdint.h", "-D__XEN_TOOLS__",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_program(root, tmp_path, name):
    program = tmp_path / name
    built = subprocess.run(["gcc", *FLAGS, "-o", program, f"tests/unit/domain/{name}.c", *PROGRAMS[name]], cwd=root, capture_output=True,
                           text=True, check=False)
    assert built.returncode == 0, built.stderr
    seeds = [os.environ["PENUMBRA_SEED"]] if "PENUMBRA_SEED" in os.environ else ["20071", "3"]
    for seed in seeds:
        ran = subprocess.run([program, seed], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
