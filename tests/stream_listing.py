"""An instruction stream as lists of words: tests/unit/stream/list.c, built and run.

Callers: tests of what the agent records of instructions, accesses and page walks.
"""
import os
import subprocess

from trace_machine import ROOT


def build_lister(directory):
    """Build the program in a directory; the analyzers' objects are brought up to date under the Makefile's lock."""
    quiet = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", "analysis/stream"], cwd=ROOT, env=quiet, check=True,
                   stdout=subprocess.DEVNULL)
    program, library = directory / "list", directory / "analysis.a"     # a library: only what is needed of it is linked
    subprocess.run(["ar", "rcs", library, *(ROOT / "build" / "analysis").glob("*.o")], cwd=ROOT, check=True)
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-Wall", "-Wextra", "-Werror", "-iquote", ".", "-iquote", "build",
                    "-o", program, "tests/unit/stream/list.c", library, "-lbabeltrace2", "-lzstd"], cwd=ROOT, check=True)
    return program


class Listing:
    """What the program prints of a trace, whole or from instruction `first` and before `until`."""

    def __init__(self, program, trace, first=0, until=(1 << 64) - 1):
        listed = subprocess.run([program, trace, str(first), str(until)], capture_output=True, text=True, check=True)
        self.damage = listed.stderr
        self.lines = [line.split() for line in listed.stdout.splitlines()]

    def of(self, kind):
        return [words for words in self.lines if words[0] == kind]

    def instructions(self):
        """(time, address) of each."""
        return [(int(time), int(address, 0)) for _, time, address in self.of("i")]

    def accesses(self):
        """(time, kind, linear address, physical address, bytes) of each."""
        return [tuple(int(word, 0) for word in words[1:]) for words in self.of("access")]

    def gaps(self):
        """(first, until, asked) of each."""
        return [(int(first), int(until), asked == "1") for _, first, until, asked in self.of("gap")]

    def rings(self):
        """Ring of the instruction at each time."""
        rings = {}
        for _, time, ring, _address, count, passes, *_ in self.of("run"):
            rings.update((int(time) + i, int(ring)) for i in range(int(count) + int(passes) - 1))
        return rings
