"""MODE=native: the guest on the bare machine, without a hypervisor, as the baseline of every comparison.

Rules: the kernel is the guest's build for the bare machine, which begins its command line with its memory in MiB and the
classes of records that it makes (BOOT=classes=, of which it has few); the programs are the same files as in every other mode. What only a hypervisor could
do is refused here. Callers: options.py and runner.py beside this file.
"""
import dataclasses
import os

import disk
from domains import Domain
from values import OptionError, check_choice

KERNELS = ["mini"]                        # the guests that are built for it: build/native/NAME.elf
CLASSES = ["all", "always", "marker", "flush"]    # of records; guests/native/boot.c
# what a domain may say there
FIELDS = ["guest", "kernel", "ramdisk", "workload", "cmdline", "mode", "memory_mib"]


def wanted(domains):
    """Whether this is a run of the bare machine."""
    return any(domain.mode == "native" for domain in domains)


def check(domains, boot, words):
    """Refuse what the bare machine has not. boot: the user's words for the hypervisor; words: {field: option}."""
    if len(domains) > 1:
        raise OptionError("mode=native is the bare machine: there is one kernel, and no domain beside it")
    domain, = domains
    if domain.guest not in KERNELS:
        raise OptionError(f"MODE=native: the guest {domain.guest} is not built for the bare machine;"
                          f" there are: {', '.join(KERNELS)}")
    for field in dataclasses.fields(Domain):
        if field.name not in FIELDS and getattr(domain, field.name) != field.default:
            raise OptionError(f"MODE=native has no hypervisor: {words.get(field.name, field.name)}= cannot be said")
    for word in boot.split():
        key, _, value = word.partition("=")
        if key != "classes":
            raise OptionError(f"MODE=native has no hypervisor: BOOT={word} cannot be said")
        for name in value.split(","):
            check_choice("BOOT=classes", name, CLASSES)


def image(domain, root, boot):
    """(kernel file, command line, [disk.Module]) for the disk. boot: the user's words."""
    kernel = os.path.join(root, "build", "native", domain.guest + ".elf")
    classes = boot.split()[-1].partition("=")[2] if boot else "all"
    words = f"{domain.memory_mib} {classes} {disk.check_words('guest command line', domain.words())}"
    return kernel, words.rstrip(), [disk.ramdisk_module(domain.ramdisk)]
