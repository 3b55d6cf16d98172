"""The hypervisor's library, compiled for this host under sanitizers and held against the C library."""
import subprocess

SOURCES = ["tests/unit/machine_lib.c", "xen/lib/printk.c", "xen/lib/string.c"]
# string.c's functions get names of their own, so that they do not replace the host's under the sanitizers' feet
OWN_NAMES = [f"-D{name}=hypervisor_{name}" for name in
             "memcpy memmove memset memcmp strlen strnlen strcmp strncmp strchr".split()]
FLAGS = ["-m32", "-std=gnu11", "-iquote", ".", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-format", "-fno-builtin",
         "-fsanitize=address,undefined", "-fno-sanitize-recover=all", *OWN_NAMES]


def test_library_against_the_hosts(root, tmp_path):
    program = tmp_path / "machine_lib"
    built = subprocess.run(["gcc", *FLAGS, "-o", program, *SOURCES], cwd=root, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    ran = subprocess.run([program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
