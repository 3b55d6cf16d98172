"""Programs of 32 bits that run on the build machine: parts of the hypervisor, the engine and the guests under sanitizers.

Rules: a kernel that does not execute 32-bit programs says ENOEXEC; only then does Debian's qemu-user run them, and the
same checks are made but for leaks, which the sanitizer looks for with ptrace. Callers: the tests of such programs.
"""
import errno
import os
import pathlib
import subprocess

# The address sanitizer believes that user memory ends where a 32-bit kernel would end it: no mapping may lie above.
USER_SPACE = ["-R", "0xbffff000"]


def compile_program(program, *arguments, cwd):
    """Build program with gcc -m32 and warnings as errors; what gcc said is in the failed assertion."""
    command = ["gcc", "-m32", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-iquote", ".",
               "-fno-sanitize-recover=all", "-o", program, *arguments]
    built = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return program


def run_program(program, *arguments, cwd=None, timeout=300):
    """Run it to its end; its status and what it printed are for the test to judge."""
    options = {"cwd": cwd, "capture_output": True, "text": True, "check": False}
    try:
        return subprocess.run([program, *arguments], timeout=timeout, **options)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    space = USER_SPACE if b"__asan_init" in pathlib.Path(program).read_bytes() else []
    return subprocess.run(["qemu-i386", *space, program, *arguments], timeout=5 * timeout,
                          env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, **options)
