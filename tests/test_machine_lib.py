"""Parts of the machine layer compiled for this host under sanitizers: its library against the C library, the frame
table against its rules."""
from hosted import compile_program, run_program

SOURCES = ["tests/unit/machine_lib.c", "xen/lib/conring.c", "xen/lib/printk.c", "xen/lib/string.c"]
# string.c's functions get names of their own, so that they do not replace the host's under the sanitizers' feet
OWN_NAMES = [f"-D{name}=hypervisor_{name}" for name in
             "memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr".split()]
COMMON = ["-Wno-format", "-fno-builtin"]


def compile_and_run(root, program, *arguments):
    """Build one hosted test and run it: it prints what is wrong and exits with the number of findings."""
    ran = run_program(compile_program(program, *COMMON, *arguments, cwd=root))
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_library_against_the_hosts(root, tmp_path):
    compile_and_run(root, tmp_path / "machine_lib", "-fsanitize=address,undefined", *OWN_NAMES, *SOURCES)


def test_memory_division(root, tmp_path):
    # the image of the test: one MiB and a half, where GRUB would put it
    compile_and_run(root, tmp_path / "machine_memory", "-fsanitize=undefined", "-D__XEN_TOOLS__", "-D_GNU_SOURCE",
                    "-include", "stdint.h", "-no-pie", "-fno-pie", "-Wl,-Ttext-segment=0x60000000",
                    "-Wl,--defsym,image_start=0xfd500000", "-Wl,--defsym,image_end=0xfd680000",
                    "tests/unit/machine_memory.c", "xen/boot/memory.c")


def test_frame_table(root, tmp_path):
    # no address sanitizer: its own tables would lie where the frame table does
    compile_and_run(root, tmp_path / "machine_frames", "-fsanitize=undefined", "-D__XEN_TOOLS__", "-D_GNU_SOURCE",
                    "-include", "stdint.h", "tests/unit/machine_frames.c", "xen/mm/frame.c")
