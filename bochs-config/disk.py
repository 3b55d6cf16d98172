#!/usr/bin/python3
"""The disk image maker: a flat disk from which GRUB boots the hypervisor with modules: guest kernels and ramdisks.

Layout, in 512-byte sectors (16 heads of 63 sectors, so a cylinder is 1008 sectors):

    0            GRUB's boot.img with our partition table
    1..          GRUB's core image, its configuration embedded: it must end before the partition
    1008..end    one FAT partition with the files KERNEL, FILE1, FILE2 and so on: each file of a module once, however
                 many modules are made of it

Rules: no root rights and no loop device (mtools writes into the file); the same input gives the same bytes (fixed
volume serial number and file times); the image grows with its content and always ends on a cylinder, as the geometry in
the machine description says. Callers: runner.py and machine.py beside this file; by hand:

    bochs-config/disk.py --image disk.img --kernel build/xen/penumbra.elf --boot mem=64 --guest KERNEL.elf
"""
import argparse
import dataclasses
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SECTOR = 512
HEADS = 16
SECTORS_PER_TRACK = 63
CYLINDER = HEADS * SECTORS_PER_TRACK
PARTITION_START = CYLINDER
PARTITION_TYPE_FAT16_LBA = 0x0E
CORE_LIMIT = 0x78000                     # GRUB's BIOS core image cannot be larger
SLACK_BYTES = 1 << 20                    # room for the file system's own structures beside 1/64 of the content
VOLUME_SERIAL = "50454E55"
FIXED_TIME = 946684800                   # 2000-01-01, the machine's clock at power-on as well
GRUB_MODULES = ["biosdisk", "part_msdos", "fat", "multiboot"]
GRUB_DIRECTORY = "/usr/lib/grub/i386-pc"
# What GRUB's rescue parser would read as syntax: such words cannot be passed on unchanged.
UNSAFE_WORDS = re.compile(r"[^A-Za-z0-9_=,.:/+@%*-]")


class DiskError(Exception):
    """The image cannot be made; the text says what was wrong and what to do."""


def check_words(what, text):
    """Boot words pass through GRUB's parser: refuse what it would change. Returns the words separated by single
    spaces."""
    words = text.split()
    for word in words:
        bad = UNSAFE_WORDS.search(word)
        if bad:
            raise DiskError(f"{what}: '{word}' contains {bad.group()!r}; use letters, digits and _=,.:/+@%*- only")
    return " ".join(words)


@dataclasses.dataclass(frozen=True)
class Module:
    """A file that GRUB loads for the hypervisor. words: a name for it, then the command line of a guest kernel."""
    path: str
    words: str


def kernel_module(path, cmdline):
    """The module of a guest kernel. Raises DiskError."""
    name = check_words("guest file name", os.path.basename(path).replace(" ", "_"))
    return Module(path, f"{name} {check_words('guest command line', cmdline)}".rstrip())


def ramdisk_module(path):
    return Module(path, "ramdisk")


def file_names(kernel, modules):
    """The files of the partition, {path: name}, the hypervisor's first."""
    names = {kernel: "KERNEL"}
    for module in modules:
        names.setdefault(module.path, f"FILE{len(names)}")
    return names


def grub_configuration(boot, names, modules):
    """The script embedded in GRUB's core image. names: what file_names returned."""
    lines = ["set root=(hd0,msdos1)", f"multiboot /KERNEL penumbra {boot}".rstrip()]
    lines += [f"module /{names[module.path]} {module.words}" for module in modules]
    return "\n".join(lines + ["boot", ""])


def run_tool(command, environment):
    """Run one tool quietly; on failure say which and what it printed."""
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
    except FileNotFoundError:
        raise DiskError(f"{command[0]} is not installed: run 'make setup'") from None
    if done.returncode != 0:
        raise DiskError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")


def partition_entry(start, sectors):
    """One bootable entry of the partition table, with cylinder-head-sector addresses of our geometry."""
    def chs(lba):
        cylinder, rest = divmod(lba, CYLINDER)
        head, sector = divmod(rest, SECTORS_PER_TRACK)
        cylinder = min(cylinder, 1023)
        return bytes([head, (sector + 1) | (cylinder >> 2 & 0xC0), cylinder & 0xFF])
    return (b"\x80" + chs(start) + bytes([PARTITION_TYPE_FAT16_LBA]) + chs(start + sectors - 1)
            + struct.pack("<II", start, sectors))


def boot_sector(sectors):
    """GRUB's first sector with one partition of `sectors` sectors."""
    with open(os.path.join(GRUB_DIRECTORY, "boot.img"), "rb") as file:
        image = bytearray(file.read(SECTOR))
    image[0x1B8:0x1BE] = struct.pack("<IH", int(VOLUME_SERIAL, 16), 0)
    image[0x1BE:0x1FE] = partition_entry(PARTITION_START, sectors) + bytes(48)
    image[0x1FE:0x200] = b"\x55\xAA"
    return bytes(image)


def total_cylinders(content_bytes):
    """How many cylinders the disk needs for that much content."""
    needed = content_bytes + content_bytes // 64 + SLACK_BYTES
    return 1 + -(-needed // (CYLINDER * SECTOR))


def make_image(image, kernel, boot="", modules=()):
    """Write the disk image atomically.

    image     path of the file to write or replace
    kernel    multiboot kernel; boot: its words
    modules   what GRUB loads beside it, each a Module, in order
    Returns the number of cylinders for the machine description. Raises DiskError or OSError; the old image is then
    unchanged.
    """
    if not os.path.isfile(os.path.join(GRUB_DIRECTORY, "boot.img")):
        raise DiskError(f"{GRUB_DIRECTORY}/boot.img is missing: install the package grub-pc-bin")
    names = file_names(kernel, modules)
    configuration = grub_configuration(check_words("hypervisor boot words", boot), names, modules)
    cylinders = total_cylinders(sum(map(os.path.getsize, names)))
    environment = dict(os.environ, SOURCE_DATE_EPOCH=str(FIXED_TIME), TZ="UTC", LC_ALL="C", MTOOLSRC="/dev/null",
                       MTOOLS_SKIP_CHECK="1")
    directory = os.path.dirname(os.path.abspath(image))
    with tempfile.TemporaryDirectory(prefix=".disk-", dir=directory) as scratch:
        core = os.path.join(scratch, "core.img")
        script = os.path.join(scratch, "boot.cfg")
        with open(script, "w", encoding="ascii") as file:
            file.write(configuration)
        run_tool(["grub-mkimage", "-d", GRUB_DIRECTORY, "-O", "i386-pc", "-o", core, "-p", "/", "-c", script,
                  *GRUB_MODULES], environment)
        if os.path.getsize(core) > min(CORE_LIMIT, (PARTITION_START - 1) * SECTOR):
            raise DiskError("GRUB's core image is too large for the gap before the partition")
        new_image = os.path.join(scratch, "disk.img")
        partition_sectors = (cylinders - 1) * CYLINDER
        with open(new_image, "wb") as file, open(core, "rb") as core_file:
            file.write(boot_sector(partition_sectors))
            shutil.copyfileobj(core_file, file)
            file.truncate(cylinders * CYLINDER * SECTOR)
        drive = f"{new_image}@@{PARTITION_START * SECTOR}"
        run_tool(["mformat", "-i", drive, "-T", str(partition_sectors), "-h", str(HEADS), "-s", str(SECTORS_PER_TRACK),
                  "-H", str(PARTITION_START), "-N", VOLUME_SERIAL, "-v", "PENUMBRA", "::"], environment)
        for path, name in names.items():
            run_tool(["mcopy", "-i", drive, path, f"::{name}"], environment)
        os.replace(new_image, image)
    return cylinders


def add_arguments(parser):
    """What to boot, on the command lines of this file and of machine.py."""
    parser.add_argument("--kernel", required=True, help="multiboot kernel")
    parser.add_argument("--boot", default="", help="its words")
    parser.add_argument("--guest", help="guest kernel, the first module")
    parser.add_argument("--cmdline", default="", help="its words")
    parser.add_argument("--ramdisk", help="the second module")


def modules_of(arguments):
    """The modules of such a command line."""
    modules = [kernel_module(arguments.guest, arguments.cmdline)] if arguments.guest else []
    return modules + ([ramdisk_module(arguments.ramdisk)] if arguments.ramdisk else [])


def main():
    parser = argparse.ArgumentParser(description="Make a bootable disk image.", epilog=__doc__.split("\n\n")[-1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", required=True, help="file to write")
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        cylinders = make_image(arguments.image, arguments.kernel, arguments.boot, modules_of(arguments))
    except (DiskError, OSError) as error:
        sys.exit(f"disk.py: {error}")
    print(f"{arguments.image}: {cylinders} cylinders, {HEADS} heads, {SECTORS_PER_TRACK} sectors")


if __name__ == "__main__":
    main()
