"""The options of a run: what there is, what is allowed, and the check that names what was wrong.

Rules: everything that a person can get wrong is refused here, before anything is written; a message says which value,
what is allowed and, where it helps, what exists. Callers: run and bench beside this file, the tests.
"""
import argparse
import dataclasses
import os

import disk
import domains
import kernel_file
import machine
import native
import recording
import repeat
from domains import MODES
from values import OptionError, check_choice, check_number

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TRACES = ["off", "events", "insn", "mem"]
# boot words that have an option of their own or belong to the runner
RESERVED_BOOT_WORDS = {"domain": "DOMAINS=", "mem": "MEM=", "mode": "MODE=", "trace": "TRACE="}
# what else the hypervisor's command line understands (xen/boot/options.c); it checks the values itself
BOOT_KEYS = ["audit", "classes", "console", "phase", "pool", "scatter", "selftest", "timer"]
LONGEST_TIMEOUT = 7 * 24 * 3600
LONGEST_UNTIL = 256                       # bytes; trace/agent/console.c
LONGEST_BOOT_LINE = 4095
# options for the one domain of a run without DOMAINS=: the word of a domain, and the option
SHORT_FORM = {"kernel": "GUEST", "workload": "WORKLOAD", "cmdline": "CMDLINE", "ramdisk": "RAMDISK", "policy": "POLICY",
              "vcpus": "VCPUS", "privileged": "PRIVILEGED", "translated": "TRANSLATED", "restarts": "RESTARTS", "hop": "HOP", "modes": "HOP_MODES",
              "prefetch": "PREFETCH", "root_cache": "ROOT_CACHE", "flood": "FLOOD",
              "global": "GLOBAL", "superpages": "SUPERPAGES"}

EXAMPLES = """\
example:
    bochs-config/run --guest mini --workload demand-swap --mem 32 --out out/swap
    bochs-config/run --guest ~/kernels/mini-os.elf --cmdline "debug" --boot "scatter=7 audit=full"
    bochs-config/run --domains guests/domains/eight.txt --out out/eight

exit status: 0 success, 3 skip, 4 error, 5 failure, 6 crash, 7 panic of the hypervisor, 8 timeout, 9 records lost,
10 violation, 130 interrupted; 2: the options are wrong or the output directory cannot be used, nothing was run
"""


@dataclasses.dataclass
class Options:
    """A checked run. `mode` and `memory_mib` are those of the boot line; each of the domains has its own."""
    domains: list
    mode: str
    memory_mib: int
    trace: str
    out: str
    timeout: float
    boot: str
    agent: bool = True
    quiet: bool = False
    json: bool = False
    report: bool = False
    command: str = ""                    # that repeats the run
    recorded: recording.Recording = dataclasses.field(default_factory=recording.Recording)
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


def is_path(guest, folder=""):
    """Whether a kernel is given by the path of a file, from `folder`: folders under guests/ have plain names."""
    return "/" in guest or guest.endswith(".elf") or os.path.isfile(os.path.join(folder, guest))


def path_of(text, folder):
    return os.path.abspath(os.path.join(folder, os.path.expanduser(text)))


def check_elf(path, what):
    """Refuse a file that is not a 32-bit x86 ELF program, as it is or packed with gzip."""
    try:
        head = kernel_file.head(path, 20)
    except kernel_file.DAMAGED:
        raise OptionError(f"{what} {path} is compressed, and damaged") from None
    except OSError as error:
        raise OptionError(f"{what} {path}: {error.strerror}") from None
    if head[:4] != b"\x7fELF":
        raise OptionError(f"{what} {path} is not an ELF file")
    if len(head) < 20 or head[4] != 1 or int.from_bytes(head[18:20], "little") != 3:
        raise OptionError(f"{what} {path} is not a 32-bit x86 ELF file")


def check_words(what, text):
    """Words that pass through the boot loader unchanged, separated by single spaces."""
    try:
        return disk.check_words(what, text)
    except disk.DiskError as error:
        raise OptionError(str(error)) from None


def check_boot(text):
    """The user's boot words; those that an option decides are refused."""
    words = check_words("BOOT", text)
    for word in words.split():
        key = word.split("=")[0]
        if key in RESERVED_BOOT_WORDS:
            raise OptionError(f"BOOT={word}: use {RESERVED_BOOT_WORDS[key]} instead")
        if key not in BOOT_KEYS or "=" not in word:
            raise OptionError(f"BOOT={word} is not known; allowed: {', '.join(name + '=' for name in BOOT_KEYS)}")
    return words


def find_guest(what, guest, root, folder):
    """(name for people, kernel file, ramdisk file) of a kernel. what: the name of the option."""
    if is_path(guest, folder):
        path = path_of(guest, folder)
        check_elf(path, what)
        return os.path.basename(path), path, ""
    names = guest_names(root)
    if guest not in names:
        raise OptionError(f"{what}={guest} is not known; there are: {', '.join(names)};"
                          " or give the path of an ELF kernel")
    built = os.path.join(root, "build", "guests", guest)
    return guest, os.path.join(built, guest + ".elf"), os.path.join(built, "ramdisk.img")


def check_workload(what, workload, guest, root, folder):
    """The workload to ask for: for a guest folder one of its own. what: the name of the option."""
    if is_path(guest, folder):
        return workload
    names = workload_names(guest, root)
    if not workload:
        return names[0] if names else ""
    if not names:
        raise OptionError(f"{what}={workload}: the guest {guest} has no workloads to choose from")
    return check_choice(what, workload, names)


def make_domain(words, defaults, root, folder="", name=str):
    """A Domain from its words.

    words     {key: text}
    defaults  fields that stand in for words that are not there
    folder    where paths begin
    name      turns a key into what a person knows it as
    Raises OptionError.
    """
    if not words.get("kernel"):
        raise OptionError(f"{name('kernel')}= is empty; there are: {', '.join(guest_names(root))}")
    guest, kernel, ramdisk = find_guest(name("kernel"), words["kernel"], root, folder)
    workload = check_workload(name("workload"), words.get("workload", ""), words["kernel"], root, folder)
    if words.get("ramdisk"):
        ramdisk = path_of(words["ramdisk"], folder)
        if not os.path.isfile(ramdisk):
            raise OptionError(f"{name('ramdisk')}={words['ramdisk']} is not a file")
    cmdline = check_words(name("cmdline"), words.get("cmdline", ""))
    check_words(name("workload"), workload)
    check_words(name("kernel"), guest)
    domain = domains.Domain(guest=guest, kernel=kernel, ramdisk=ramdisk, workload=workload, cmdline=cmdline,
                            **{**defaults, **domains.settings(words, name)})
    if domain.translated and (domain.mode != "shadow" or domain.privileged):
        raise OptionError(f"{name('translated')}=yes is for a domain in mode shadow that is not privileged")
    if len(domain.words()) > domains.LONGEST_COMMAND_LINE:
        raise OptionError(f"{name('cmdline')}= is too long: a guest's words have at most"
                          f" {domains.LONGEST_COMMAND_LINE} characters")
    return domain


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
    result.add_argument("--domains", default="", metavar="FILE",
                        help="a file that describes several domains (docs/running.md), instead of --guest")
    result.add_argument("--guest",
                        help="a folder under guests/, or the path of an ELF kernel (default mini)")
    result.add_argument("--workload", default="", help="the guest's work (default: its first)")
    result.add_argument("--mode", default="shadow", help=f"one of: {', '.join(MODES)} (default shadow)")
    result.add_argument("--policy", default="",
                        help="what is done about stores to page tables: disconnect, emulate (writable mode; default"
                             " disconnect), emulate, oos, brute, announce (shadow mode; default oos)")
    result.add_argument("--prefetch", default="", metavar="YES", help="shadow mode: a fill takes neighbours along (default no)")
    result.add_argument("--root-cache", default="", metavar="YES",
                        help="shadow mode: roots outlive the load of another base pointer (default yes)")
    result.add_argument("--flood", default="", metavar="YES",
                        help="shadow mode: tables that are recycled as data lose their shadow (default yes)")
    result.add_argument("--global", default="", metavar="YES",
                        help="shadow mode: the guest may have global pages (default yes)")
    result.add_argument("--superpages", default="", metavar="YES",
                        help="shadow mode: a guest's 4 MiB page is one in the shadow too where it can be (default yes)")
    result.add_argument("--vcpus", default="", metavar="COUNT", help="vcpus of the guest, 1 to 8 (default 1)")
    result.add_argument("--privileged", default="", metavar="YES", help="yes: the guest is the initial domain")
    result.add_argument("--translated", default="", metavar="YES",
                        help="yes: the guest names frames by numbers of its own, in shadow mode (default: as its kernel asks)")
    result.add_argument("--restarts", default="", metavar="TIMES",
                        help="how often the guest is built again when it reboots or crashes (default 0)")
    result.add_argument("--hop", default="", metavar="MS",
                        help="change the guest's mode every so many ms of simulated time (default: never)")
    result.add_argument("--hop-modes", default="", metavar="MODES",
                        help=f"what --hop goes round (default {'+'.join(domains.HOP_MODES)})")
    result.add_argument("--mem", default="64", metavar="MIB",
                        help=f"memory of the guest, {machine.SMALLEST_MEMORY} to {machine.LARGEST_MEMORY} (default 64)")
    result.add_argument("--trace", default="insn", help=f"one of: {', '.join(TRACES)} (default insn)")
    result.add_argument("--trace-window", default="", metavar="WORDS",
                        help=f"with insn or mem, record only these instructions: {recording.WINDOW_WORDS}")
    result.add_argument("--mem-window", default="", metavar="WORDS", help="with mem, record only the data accesses of these")
    result.add_argument("--flight", default="", metavar="MILLIONS",
                        help="with insn or mem, keep only the last so many million instructions, written at the end")
    result.add_argument("--flight-event", default="", metavar="EVENT",
                        help="or before this: crash (of a domain), violation, marker=N (default end)")
    result.add_argument("--out", default="out/run", metavar="DIR", help="where everything is written (default out/run)")
    result.add_argument("--timeout", default="300", metavar="SECONDS", help="end the run after that long (default 300)")
    result.add_argument("--cmdline", default="", metavar="WORDS", help="further words for the guest kernel")
    result.add_argument("--boot", default="", metavar="WORDS", help="further words for the hypervisor")
    result.add_argument("--ramdisk", default="", metavar="FILE", help="ramdisk of the guest")
    result.add_argument("--until", default="", metavar="TEXT",
                        help="end the run with success as soon as the console has said this")
    result.add_argument("--input", default="", metavar="FILE",
                        help="what is typed at COM1, for a privileged domain")
    result.add_argument("--no-agent", action="store_true",
                        help="plain Bochs: nothing is recorded, no statistics, and the guest's outcome is not known")
    result.add_argument("--quiet", action="store_true", help="print the last line only")
    result.add_argument("--json", action="store_true", help="print summary.json instead of console and tables")
    result.add_argument("--report", action="store_true", help="write report.html at the end, as analysis/report does")
    result.add_argument("--check", action="store_true", help="only check the options")
    return result


def short_form_words(arguments):
    """The words for a domain that were given as options."""
    given = {key: getattr(arguments, option.lower()) for key, option in SHORT_FORM.items()}
    given["kernel"] = arguments.guest
    return {key: value for key, value in given.items() if value not in (None, "") or key == "kernel" and value == ""}


def find_domains(arguments, defaults, root):
    """The domains of a run: those of the file, or the one that the options describe. Raises OptionError."""
    words = short_form_words(arguments)
    if not arguments.domains:
        return [make_domain({"kernel": "mini", **words}, defaults, root, name=SHORT_FORM.__getitem__)]
    if words:
        key = next(iter(words))
        raise OptionError(f"{SHORT_FORM[key]}={words[key]} describes one domain: with DOMAINS= write {key}= there")
    folder = os.path.dirname(path_of(arguments.domains, ""))
    return domains.read(arguments.domains, lambda words: make_domain(words, defaults, root, folder))


def check(arguments, root=ROOT):
    """Turn parsed arguments into Options. Raises OptionError; writes nothing."""
    check_choice("MODE", arguments.mode, MODES)
    check_choice("TRACE", arguments.trace, TRACES)
    memory = check_number("MEM", arguments.mem, machine.SMALLEST_MEMORY, machine.LARGEST_MEMORY, "MiB")
    timeout = check_number("TIMEOUT", arguments.timeout, 1, LONGEST_TIMEOUT, "seconds")
    if not arguments.out:
        raise OptionError("OUT= is empty; give a directory such as out/run")
    if arguments.until and (arguments.no_agent or len(os.fsencode(arguments.until)) > LONGEST_UNTIL):
        raise OptionError(f"UNTIL= has at most {LONGEST_UNTIL} bytes, and needs the agent")
    recorded = recording.check(arguments.trace, recording.Recording(arguments.trace_window, arguments.mem_window, arguments.flight,
                                                                    arguments.flight_event))
    found = find_domains(arguments, {"memory_mib": memory, "mode": arguments.mode}, root)
    together = domains.memory_mib(found) + machine.HYPERVISOR_MIB
    if together > machine.LARGEST_MACHINE:
        raise OptionError(f"the domains and the hypervisor need {together} MiB together; a machine has at most"
                          f" {machine.LARGEST_MACHINE}")
    result = Options(domains=found, mode=arguments.mode, memory_mib=memory, trace=arguments.trace,
                     out=os.path.abspath(arguments.out), timeout=timeout, boot=check_boot(arguments.boot),
                     agent=not arguments.no_agent, quiet=arguments.quiet, json=arguments.json, report=arguments.report,
                     command=repeat.command(vars(arguments), vars(parser().parse_args([]))),
                     recorded=recorded, until=arguments.until, typed=read_input(arguments.input))
    if native.wanted(found):
        native.check(found, result.boot, {domains.SETTINGS[key][0]: SHORT_FORM[key] for key in SHORT_FORM if key in domains.SETTINGS})
    if len(boot_words(result)) > LONGEST_BOOT_LINE:
        raise OptionError(f"the boot line would be longer than {LONGEST_BOOT_LINE} characters:"
                          " describe fewer domains or use fewer words")
    return result


def boot_words(options):
    """The hypervisor's command line: the runner's words, then the user's, which replace ours of the same key. The machine does
    not know whether it is traced, so that it does the same."""
    words = {"mem": str(options.memory_mib), "mode": options.mode, "trace": "agent", "classes": "all"}
    words.update(word.partition("=")[::2] for word in options.boot.split())
    line = [f"{key}={value}" if value else key for key, value in words.items()]
    return " ".join(line + domains.number_modules(options.domains)[1])
