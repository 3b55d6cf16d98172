"""The options of a run: what there is, what is allowed, and the check that names what was wrong.

Rules: everything that a person can get wrong is refused here, before anything is written; a message says which value,
what is allowed and, where it helps, what exists. Callers: run and bench beside this file, the tests.
"""
import argparse
import dataclasses
import os

import disk
import machine

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MODES = ["shadow", "writable", "direct", "trusted"]
TRACES = ["off", "events"]
# boot words that have an option of their own or belong to the runner
RESERVED_BOOT_WORDS = {"mem": "MEM=", "mode": "MODE=", "trace": "TRACE="}
# what else the hypervisor's command line understands (xen/boot/options.c); it checks the values itself
BOOT_KEYS = ["audit", "classes", "console", "pool", "scatter", "selftest", "timer"]
LONGEST_TIMEOUT = 7 * 24 * 3600
LONGEST_UNTIL = 256                       # bytes; trace/agent/console.c

EXAMPLES = """\
example:
    bochs-config/run --guest mini --workload demand-swap --mem 32 --out out/swap
    bochs-config/run --guest ~/kernels/mini-os.elf --cmdline "debug" --boot "scatter=7 audit=full"

exit status: 0 success, 3 skip, 4 error, 5 failure, 6 crash, 7 panic of the hypervisor, 8 timeout, 9 records lost,
10 violation, 130 interrupted; 2: the options are wrong or the output directory cannot be used, nothing was run
"""


class OptionError(Exception):
    """An option has a value that is not allowed; the text is for the user."""


@dataclasses.dataclass
class Options:
    """A checked run. Paths are absolute; `kernel` and `ramdisk` may not exist before the build when `guest` names a
    folder."""
    guest: str
    workload: str
    mode: str
    memory_mib: int
    trace: str
    out: str
    timeout: float
    boot: str
    cmdline: str
    kernel: str
    ramdisk: str
    agent: bool = True
    quiet: bool = False
    json: bool = False
    until: str = ""                      # what the console says last
    typed: bytes | None = None            # what COM1 receives


def guest_names(root=ROOT):
    """The folders under guests/ that are guests."""
    guests = os.path.join(root, "guests")
    return sorted(name for name in os.listdir(guests) if os.path.isfile(os.path.join(guests, name, "main.c")))


def workload_names(guest, root=ROOT):
    """The workloads of a guest folder, the default first; an empty list when it has none."""
    try:
        with open(os.path.join(root, "guests", guest, "workloads.list"), encoding="utf-8") as file:
            lines = (line.split("#")[0].strip() for line in file)
            return [line.split()[0] for line in lines if line]
    except FileNotFoundError:
        return []


def is_path(guest):
    """Whether a GUEST value means a file: folders under guests/ have plain names."""
    return "/" in guest or guest.endswith(".elf") or os.path.isfile(guest)


def check_elf(path, what):
    """Refuse a file that is not a 32-bit x86 ELF program."""
    try:
        with open(path, "rb") as file:
            head = file.read(20)
    except OSError as error:
        raise OptionError(f"{what} {path}: {error.strerror}") from None
    if head[:4] != b"\x7fELF":
        packed = " (it is compressed: unpack it first)" if head[:2] == b"\x1f\x8b" else ""
        raise OptionError(f"{what} {path} is not an ELF file{packed}")
    if len(head) < 20 or head[4] != 1 or int.from_bytes(head[18:20], "little") != 3:
        raise OptionError(f"{what} {path} is not a 32-bit x86 ELF file")


def check_choice(name, value, allowed):
    if value not in allowed:
        raise OptionError(f"{name}={value} is not known; allowed: {', '.join(allowed)}")


def check_number(name, value, smallest, largest, unit):
    try:
        number = int(value)
    except ValueError:
        number = None
    if number is None or not smallest <= number <= largest:
        raise OptionError(f"{name}={value} is not allowed: a whole number of {unit} from {smallest} to {largest}")
    return number


def check_boot(text):
    """The user's boot words; those that an option decides are refused."""
    words = disk.check_words("BOOT", text)
    for word in words.split():
        key = word.split("=")[0]
        if key in RESERVED_BOOT_WORDS:
            raise OptionError(f"BOOT={word}: use {RESERVED_BOOT_WORDS[key]} instead")
        if key not in BOOT_KEYS or "=" not in word:
            raise OptionError(f"BOOT={word} is not known; allowed: {', '.join(name + '=' for name in BOOT_KEYS)}")
    return words


def find_guest(guest, root):
    """(name for people, kernel file, ramdisk file) of a GUEST value."""
    if is_path(guest):
        path = os.path.abspath(os.path.expanduser(guest))
        check_elf(path, "GUEST")
        return os.path.basename(path), path, ""
    names = guest_names(root)
    if guest not in names:
        raise OptionError(f"GUEST={guest} is not known; there are: {', '.join(names)};"
                          " or give the path of an ELF kernel")
    built = os.path.join(root, "build", "guests", guest)
    return guest, os.path.join(built, guest + ".elf"), os.path.join(built, "ramdisk.img")


def check_workload(guest, workload, root):
    """The workload to ask for: for a guest folder one of its own."""
    if is_path(guest):
        return workload
    names = workload_names(guest, root)
    if not workload:
        return names[0] if names else ""
    if not names:
        raise OptionError(f"WORKLOAD={workload}: the guest {guest} has no workloads to choose from")
    check_choice("WORKLOAD", workload, names)
    return workload


def read_input(path):
    """The bytes of the file, or None without one."""
    if not path:
        return None
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return file.read()
    except OSError as error:
        raise OptionError(f"INPUT={path}: {error.strerror}") from None


def parser():
    """The command line, values still unchecked text."""
    result = argparse.ArgumentParser(
        prog="bochs-config/run", formatter_class=argparse.RawDescriptionHelpFormatter, epilog=EXAMPLES,
        description="Boot a guest on Penumbra in Bochs, record it, and print its TLB flushes.")
    result.add_argument("--guest", default="mini",
                        help="a folder under guests/, or the path of an ELF kernel (default mini)")
    result.add_argument("--workload", default="", help="the guest's work (default: its first)")
    result.add_argument("--mode", default="shadow", help=f"one of: {', '.join(MODES)} (default shadow)")
    result.add_argument("--mem", default="64", metavar="MIB",
                        help=f"memory of the guest, {machine.SMALLEST_MEMORY} to {machine.LARGEST_MEMORY} (default 64)")
    result.add_argument("--trace", default="events", help=f"one of: {', '.join(TRACES)} (default events)")
    result.add_argument("--out", default="out/run", metavar="DIR", help="where everything is written (default out/run)")
    result.add_argument("--timeout", default="300", metavar="SECONDS", help="end the run after that long (default 300)")
    result.add_argument("--cmdline", default="", metavar="WORDS", help="further words for the guest kernel")
    result.add_argument("--boot", default="", metavar="WORDS", help="further words for the hypervisor")
    result.add_argument("--ramdisk", default="", metavar="FILE", help="ramdisk of a guest given by path")
    result.add_argument("--until", default="", metavar="TEXT",
                        help="end the run with success as soon as the console has said this")
    result.add_argument("--input", default="", metavar="FILE",
                        help="what is typed at COM1, for a privileged domain")
    result.add_argument("--no-agent", action="store_true",
                        help="plain Bochs: nothing is recorded, no statistics, and the guest's outcome is not known")
    result.add_argument("--quiet", action="store_true", help="print the last line only")
    result.add_argument("--json", action="store_true", help="print summary.json instead of console and tables")
    result.add_argument("--check", action="store_true", help="only check the options")
    return result


def check(arguments, root=ROOT):
    """Turn parsed arguments into Options. Raises OptionError; writes nothing."""
    check_choice("MODE", arguments.mode, MODES)
    check_choice("TRACE", arguments.trace, TRACES)
    memory = check_number("MEM", arguments.mem, machine.SMALLEST_MEMORY, machine.LARGEST_MEMORY, "MiB")
    timeout = check_number("TIMEOUT", arguments.timeout, 1, LONGEST_TIMEOUT, "seconds")
    if not arguments.out:
        raise OptionError("OUT= is empty; give a directory such as out/run")
    if not arguments.guest:
        raise OptionError(f"GUEST= is empty; there are: {', '.join(guest_names(root))}")
    guest, kernel, ramdisk = find_guest(arguments.guest, root)
    workload = check_workload(arguments.guest, arguments.workload, root)
    if arguments.ramdisk:
        ramdisk = os.path.abspath(os.path.expanduser(arguments.ramdisk))
        if not os.path.isfile(ramdisk):
            raise OptionError(f"RAMDISK={arguments.ramdisk} is not a file")
    if arguments.until and (arguments.no_agent or len(os.fsencode(arguments.until)) > LONGEST_UNTIL):
        raise OptionError(f"UNTIL= has at most {LONGEST_UNTIL} bytes, and needs the agent")
    try:
        boot = check_boot(arguments.boot)
        cmdline = disk.check_words("CMDLINE", arguments.cmdline)
        disk.check_words("WORKLOAD", workload)
        disk.check_words("GUEST", guest)
    except disk.DiskError as error:
        raise OptionError(str(error)) from None
    return Options(guest=guest, workload=workload, mode=arguments.mode, memory_mib=memory, trace=arguments.trace,
                   out=os.path.abspath(arguments.out), timeout=timeout, boot=boot, cmdline=cmdline, kernel=kernel,
                   ramdisk=ramdisk, agent=not arguments.no_agent, quiet=arguments.quiet, json=arguments.json,
                   until=arguments.until, typed=read_input(arguments.input))


def boot_words(options):
    """The hypervisor's command line: the runner's words, then the user's, which replace ours of the same key."""
    words = {"mem": str(options.memory_mib), "mode": options.mode, "trace": "agent",
             "classes": "all" if options.trace == "events" else "always"}
    words.update(word.partition("=")[::2] for word in options.boot.split())
    return " ".join(f"{key}={value}" if value else key for key, value in words.items())


def guest_words(options):
    """The guest kernel's command line."""
    return " ".join(filter(None, [f"workload={options.workload}" if options.workload else "", options.cmdline]))
