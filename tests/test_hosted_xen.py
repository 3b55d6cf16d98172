"""The pure parts of the domain builder, of the descriptor checks, of the scheduler and of the boot line, compiled for this
host under sanitizers and fed with damage.

Each program prints the seed of its random numbers; PENUMBRA_SEED repeats a run.
"""
import os

import pytest

from hosted import compile_program, run_program

PROGRAMS = {
    "test_kernel_image": ["xen/domain/elf.c", "xen/domain/notes.c", "xen/domain/guest_section.c", "xen/domain/image.c", "xen/domain/layout.c"],
    "test_descriptor": ["xen/guest/descriptor.c"],
    "test_credit": ["xen/domain/credit.c"],
    "test_domain_words": ["xen/boot/options.c", "xen/boot/domain_words.c", "xen/boot/words.c"],
}
FLAGS = ["-include", "stdint.h", "-iquote", "build", "-D__XEN_TOOLS__", "-fsanitize=address,undefined"]


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_program(built, root, tmp_path, name):
    program = compile_program(tmp_path / name, *FLAGS, f"tests/unit/domain/{name}.c", *PROGRAMS[name], cwd=root)
    seeds = [os.environ["PENUMBRA_SEED"]] if "PENUMBRA_SEED" in os.environ else ["20071", "3"]
    for seed in seeds:
        ran = run_program(program, seed)
        assert ran.returncode == 0, ran.stdout + ran.stderr
