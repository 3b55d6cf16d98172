"""Instruction streams as text, for the readers that tests/stream/ links with its own stream: what a processor might have done, and
the ELF files that it did it in.

Rules: time is that of the trace: an item's is said, or goes on where the last run ended. Callers: tests/test_analysis_*.py.
"""
import hashlib
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRANSFERS = ["exception", "interrupt", "software_interrupt", "iret", "far", "hlt"]
ACCESSES = {"read": 1, "write": 2, "both": 3}
USES = ["read", "write", "fetch"]
TIMEOUT = 300             # for what takes a second on an idle machine


def build():
    """Make the readers with the stream of tests/stream/; nothing is done when they are up to date."""
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", "stream-tests"], cwd=ROOT, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run(reader, *arguments, **options):
    """Run such a reader; returns the CompletedProcess with text."""
    return subprocess.run([ROOT / "build" / "stream" / reader, *map(str, arguments)], capture_output=True, text=True, check=False,
                          timeout=TIMEOUT, **options)


class Stream:
    """The items of one stream, in the order in which they are added."""

    def __init__(self, time=1):
        self.lines = []
        self.codes = {}           # what code() was given -> its number
        self.time = time          # of the next instruction

    def code(self, address, instructions, mfn=0, bits=32):
        """The number of a piece of code; instructions: each one's bytes in hexadecimal, separated by blanks."""
        key = (address, instructions, mfn, bits)
        if key not in self.codes:
            self.lines.append(f"code {address:#x} {mfn:#x} {bits} {instructions}")
            self.codes[key] = len(self.codes)
        return self.codes[key]

    def run(self, address, instructions, ring=0, first=0, count=None, passes=1, iterations=0, faulted=False, accesses=True, **code):
        """Instructions that executed; all of the code's when no count is given."""
        number = self.code(address, instructions, **code)
        count = len(instructions.split()) - first if count is None else count
        self.lines.append(f"run {self.time} {number} {first} {count} {ring} {passes} {iterations} {faulted + 2 * accesses}")
        self.time += count - 1 + passes
        return self

    def go(self, elf, function, first=0, count=None, **run):
        """Run instructions of an ELF file's function."""
        words = elf.functions[function].split()
        part = words[first:] if count is None else words[first:first + count]
        return self.run(elf.at(function, first), " ".join(part), **run)

    def _of_the_last(self, text):
        """An item that belongs to the last instruction."""
        kind, _, rest = text.partition(" ")
        self.lines.append(f"{kind} {self.time - 1} {rest}")
        return self

    def transfer(self, kind, to, from_ring=0, to_ring=0, vector=0, error=0):
        return self._of_the_last(f"transfer {TRANSFERS.index(kind)} {vector} {error} {from_ring} {to_ring} {to:#x}")

    def walk(self, address, *entries, set_bits=0, time=None, use="read", user=False, filled=True):
        """entries: (physical address, value) of each entry read. time: of the instruction, when not the last."""
        set_bits |= USES.index(use) << 8 | user << 10 | (not filled) << 11
        words = " ".join(f"{entry:#x} {value:#x}" for entry, value in entries)
        self._of_the_last(f"walk {address:#x} {set_bits} {words}")
        return self if time is None else self._at(time)

    def access(self, kind, address, physical=0, size=4, time=None):
        self._of_the_last(f"access {ACCESSES[kind]} {address:#x} {physical:#x} {size}")
        return self if time is None else self._at(time)

    def _at(self, time):
        kind, _, rest = self.lines[-1].split(" ", 2)
        self.lines[-1] = f"{kind} {time} {rest}"
        return self

    def gap(self, until, asked=False):
        self.lines.append(f"gap {self.time} {until} {int(asked)}")
        self.time = until
        return self

    def damage(self, text):
        self.lines.insert(0, f"damage {text}")
        return self

    def write(self, directory, trace):
        """Write the stream and the records of trace (make.Trace) under directory; returns it."""
        pathlib.Path(directory).mkdir(parents=True, exist_ok=True)
        trace.write(directory)
        (pathlib.Path(directory) / "stream.txt").write_text("\n".join(self.lines) + "\n")
        return directory


class Elf:
    """An ELF file of functions whose instructions are known, made with as and ld; and where they are.

    functions: {name: instructions, each one's bytes in hexadecimal, separated by blanks}, one after another from base on.
    physical: where a boot loader would put it, when elsewhere; objects: those that are data for the assembler.
    """

    def __init__(self, path, base, functions, physical=None, objects=()):
        self.path = pathlib.Path(path)
        self.functions = functions
        self.address = {}
        at, source = base, ".text\n"
        for name, instructions in functions.items():
            self.address[name] = at
            data = bytes.fromhex(instructions.replace(" ", ""))
            at += len(data)
            kind = "object" if name in objects else "function"
            source += (f".globl {name}\n.type {name},@{kind}\n{name}:\n.byte {','.join(map(str, data))}\n"
                       f".size {name},.-{name}\n")
        physical = base if physical is None else physical
        script = f"SECTIONS {{ . = {base:#x}; .text : AT({physical:#x}) {{ *(.text) }} }}\n"
        for tool, suffix, text in (("as", ".s", source), ("ld", ".lds", script)):
            self.path.with_suffix(suffix).write_text(text)
        subprocess.run(["as", "--32", "-o", self.path.with_suffix(".o"), self.path.with_suffix(".s")], check=True)
        subprocess.run(["ld", "-m", "elf_i386", "-T", self.path.with_suffix(".lds"), "-e", "0", "-o", self.path,
                        self.path.with_suffix(".o")], check=True)

    def at(self, name, index=0):
        """The address of a function's instruction."""
        return self.address[name] + sum(len(word) // 2 for word in self.functions[name].split()[:index])


def write_images(folder, hypervisor=None, kernels=(), programs=()):
    """The folder that a run keeps its ELF files in. kernels: {domain: Elf}; programs: {(domain, name): Elf}."""
    folder = pathlib.Path(folder)
    folder.mkdir()
    listed = [{"what": "hypervisor", "elf": hypervisor}] if hypervisor else []
    listed += [{"what": "kernel", "domain": domain, "elf": elf} for domain, elf in dict(kernels).items()]
    listed += [{"what": "program", "domain": domain, "name": name, "elf": elf} for (domain, name), elf in dict(programs).items()]
    for image in listed:
        elf = image.pop("elf")
        data = elf.path.read_bytes()
        image.update(path=str(elf.path), sha256=hashlib.sha256(data).hexdigest())
        image["file"] = f"{elf.path.name}-{image['sha256'][:12]}"
        (folder / image["file"]).write_bytes(data)
    (folder / "images.json").write_text(json.dumps({"format": 1, "images": listed}))
