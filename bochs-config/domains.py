"""The domains of a run: the words that describe one, the files that hold several, and what the hypervisor is told.

A file has one domain a line, words KEY=VALUE separated by blanks; a line that begins with a blank goes on with the
domain above it. A value with blanks stands in quotes, # begins a comment. `mem` and `mode` of the run stand in where a
domain does not say its own:

    kernel=mini workload=fork-cow mem=16 mode=writable policy=emulate weight=512
    kernel=~/kernels/mini-os.elf mem=32 cmdline="debug verbose"

Rules: whatever is wrong is named with its file, its line and what is allowed. The keys behind the files are those of
the hypervisor's boot word domain= (xen/boot/domain_words.c); a word is left out where it says what is assumed anyway.
Callers: options.py and runner.py beside this file.
"""
import dataclasses
import os
import shlex

import disk
import machine
from values import OptionError, check_choice, check_number

MODES = ["shadow", "writable", "direct", "trusted", "native"]
HOP_MODES = ["shadow", "writable", "direct"]
# what is done about stores to page tables: emulate is a policy of writable and of shadow mode, disconnect one of writable
# mode only, the others are shadow mode's. A mode for which none was said has its first one.
POLICIES = ["disconnect", "emulate", "oos", "brute", "announce"]
YES = ["yes", "no"]
# the files, and the words for the guest
FILES = ["kernel", "workload", "cmdline", "ramdisk"]
MOST_DOMAINS = 16
LONGEST_COMMAND_LINE = 1023               # of a guest: Xen's start_info has that much room


@dataclasses.dataclass
class Domain:
    """A checked domain. Paths are absolute; `kernel` and `ramdisk` may not exist before the build when `guest` names a
    folder; then there may be no ramdisk at all."""
    guest: str
    kernel: str
    ramdisk: str
    workload: str
    cmdline: str
    mode: str
    memory_mib: int
    policy: str = "disconnect"
    weight: int = 256
    cap: int = 0
    vcpus: int = 1
    pool: int = 0                         # 0: as the memory wants it
    privileged: bool = False
    translated: bool = False              # the guest names frames by numbers of its own; a kernel may ask for it by itself
    restarts: int = 0
    hop: int = 0
    modes: str = ""                       # what hop goes round; empty: all
    prefetch: bool = False                # shadow mode's switches
    root_cache: bool = True
    flood: bool = True
    global_pages: bool = True
    superpages: bool = True

    def policy_at_first(self):
        """The policy that holds in the mode in which it starts; on the bare machine there is none."""
        if self.mode == "native":
            return None
        if self.mode == "shadow":
            return "oos" if self.policy == "disconnect" else self.policy
        return "emulate" if self.policy == "emulate" else "disconnect"

    def words(self):
        """The guest kernel's command line."""
        return " ".join(filter(None, [f"workload={self.workload}" if self.workload else "", self.cmdline]))


def _choice(allowed):
    return lambda name, value: check_choice(name, value, allowed)


def _number(smallest, largest, unit):
    return lambda name, value: check_number(name, value, smallest, largest, unit)


def _yes(name, value):
    return check_choice(name, value, YES) == "yes"


def _modes(name, value):
    for mode in value.split("+"):
        if mode not in HOP_MODES:
            raise OptionError(f"{name}={value} is not known; allowed: {', '.join(HOP_MODES)}, with + between them")
    return value


# Each word that is not a file: the field that it fills, and the check that turns its text into a value.
SETTINGS = {
    "mem": ("memory_mib", _number(machine.SMALLEST_MEMORY, machine.LARGEST_MEMORY, "MiB")),
    "mode": ("mode", _choice(MODES)),
    "policy": ("policy", _choice(POLICIES)),
    "weight": ("weight", _number(1, 65535, "shares")),
    "cap": ("cap", _number(0, 100, "percent")),
    "vcpus": ("vcpus", _number(1, 8, "vcpus")),
    "pool": ("pool", _number(16, 4096, "frames")),
    "privileged": ("privileged", _yes),
    "translated": ("translated", _yes),
    "restarts": ("restarts", _number(0, 100000, "times")),
    "hop": ("hop", _number(0, 1000000, "ms")),
    "modes": ("modes", _modes),
    "prefetch": ("prefetch", _yes),
    "root_cache": ("root_cache", _yes),
    "flood": ("flood", _yes),
    "global": ("global_pages", _yes),
    "superpages": ("superpages", _yes),
}
WORDS = [*FILES, *SETTINGS, "trusted"]


def settings(words, name=lambda key: key):
    """The fields that words give, {key: text}: {field: value}. name: how a person knows a key. Raises OptionError."""
    found = {}
    for key, text in words.items():
        if key in SETTINGS:
            field, check = SETTINGS[key]
            found[field] = check(name(key), text)
    if "trusted" in words and _yes("trusted", words["trusted"]):
        if found.get("mode", "trusted") != "trusted":
            raise OptionError(f"trusted=yes and mode={found['mode']} are two modes; one is allowed")
        found["mode"] = "trusted"
    return found


def _add(words, word):
    """One word of a file into {key: text}. Raises OptionError."""
    key, equals, value = word.partition("=")
    if not equals or key not in WORDS:
        raise OptionError(f"'{word}' is not known; allowed: {', '.join(known + '=' for known in WORDS)}")
    if key in words:
        raise OptionError(f"{key}= is there twice")
    words[key] = value
    settings(words)                       # here, where the line is known


def read(path, make):
    """The domains of a file. path: as the user gave it; make: turns {key: text} of one domain into a Domain.

    Raises OptionError, whose text begins with the file and, where there is one, the line.
    """
    found, line_of, number = [], [], 0     # words of each domain, and the line where it begins
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                words = shlex.split(line, comments=True)
                if words and not line[0].isspace():
                    found.append({})
                    line_of.append(number)
                elif words and not found:
                    raise OptionError("a domain begins at the beginning of a line")
                for word in words:
                    _add(found[-1], word)
        result = []
        for number, words in zip(line_of, found):
            result.append(make(words))
            if result[-1].privileged and any(domain.privileged for domain in result[:-1]):
                raise OptionError("privileged=yes is there twice; one domain may be")
    except OSError as error:
        raise OptionError(f"DOMAINS={path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise OptionError(f"DOMAINS={path} is not a text file") from None
    except (OptionError, ValueError) as error:         # ValueError: shlex's, of a quote without its end
        raise OptionError(f"{path}:{number}: {error}") from None
    if not 1 <= len(result) <= MOST_DOMAINS:
        raise OptionError(f"DOMAINS={path} describes {len(result)} domains; allowed: 1 to {MOST_DOMAINS}")
    return result


def identities(domains):
    """The numbers that the hypervisor gives them: the privileged one is domain 0, the others count from 1 in their
    order. On the bare machine the kernel calls itself domain 0."""
    ordinary = iter(range(1, len(domains) + 1))
    return [0 if domain.privileged or domain.mode == "native" else next(ordinary) for domain in domains]


def _text(value):
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def boot_word(domain, kernel, ramdisk):
    """What the hypervisor is told of one. kernel, ramdisk: numbers of modules, ramdisk 0: none."""
    words = [f"domain={kernel}"]
    if ramdisk:
        words.append(f"ramdisk={ramdisk}")
    fields = {field.name: field.default for field in dataclasses.fields(Domain)}
    for key, (field, _) in SETTINGS.items():
        value = getattr(domain, field)
        if value != fields[field]:
            words.append(f"{key}={_text(value)}")
    return ",".join(words)


def number_modules(domains):
    """What GRUB loads for them, and what tells the hypervisor which is which: ([disk.Module], boot words).

    A module that two domains have in common is loaded once. There are no words where mem= and mode= of the boot line
    say everything about the one domain: its kernel and its ramdisk are then the first two modules.
    """
    modules = []

    def number(module):
        if module not in modules:
            modules.append(module)
        return modules.index(module) + 1

    words = []
    for domain in domains:
        kernel = number(disk.kernel_module(domain.kernel, domain.words()))
        with_ramdisk = domain.ramdisk and os.path.isfile(domain.ramdisk)
        ramdisk = number(disk.ramdisk_module(domain.ramdisk)) if with_ramdisk else 0
        words.append(boot_word(domain, kernel, ramdisk))
    plain = len(domains) == 1 and boot_word(domains[0], 1, 0).count(",") == 2       # mem and mode
    return modules, [] if plain else words


def memory_mib(domains):
    return sum(domain.memory_mib for domain in domains)


def headline(domains):
    """What a run says of them first."""
    texts = [f"{domain.guest}, workload {domain.workload or 'none'}, mode {domain.mode}, {domain.memory_mib} MiB"
             for domain in domains]
    if len(texts) == 1:
        return f"guest {texts[0]}"
    lines = [f"domain {number}: {text}\n" for number, text in zip(identities(domains), texts)]
    return f"{''.join(lines)}{len(texts)} domains, {memory_mib(domains)} MiB"


def facts(domains):
    """The domains for the summary."""
    return [{"id": number, "kernel": domain.guest, "workload": domain.workload or "none", "mode": domain.mode,
             "policy": domain.policy_at_first(), "memory_mib": domain.memory_mib, "weight": domain.weight, "cap": domain.cap,
             "vcpus": domain.vcpus, "privileged": domain.privileged, "trusted": domain.mode == "trusted"}
            for number, domain in zip(identities(domains), domains)]
