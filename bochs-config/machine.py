#!/usr/bin/python3
"""The machine: the text of its Bochs description, and the command that starts Bochs on it.

Rules: nothing of the host reaches the machine. Its clock starts at a fixed time and follows executed instructions
(sync=none, and the agent redirects what is left of host time); the display needs no terminal and the machine has no
sound: without a sound card Bochs's mixer thread aborts. The geometry is that of disk.py. Callers: run beside this file;
by hand, to boot a kernel without session, agent and analysis (the console comes out of port 0xE9):

    bochs-config/machine.py --directory /tmp/try --kernel build/xen/penumbra.elf --boot mem=64 --guest KERNEL.elf
"""
import argparse
import contextlib
import os
import subprocess
import sys

import disk
import serial_line

BOCHS = "bochs-bin"                       # behind Debian's shell wrapper: signals and LD_PRELOAD reach it alone
HYPERVISOR_MIB = 32                       # memory of the machine beyond the domains'
SMALLEST_MEMORY, LARGEST_MEMORY = 8, 1024  # MiB of a domain
LARGEST_MACHINE = 2048                    # MiB
# IPS: with a higher value the BIOS waits out IDE time-outs for hundreds of millions of instructions.
INSTRUCTIONS_PER_SECOND = 4000000

DESCRIPTION = """\
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-legacy
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model=p3_katmai, count=1, ips={ips}, reset_on_triple_fault=0
megs: {megs}
clock: sync=none, time0={time0}
vga: extension=vbe, update_freq=5, realtime=0
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=disk.img, mode=flat, cylinders={cylinders}, heads={heads}, spt={sectors}
boot: disk
port_e9_hack: enabled=1
com1: enabled=1, {com1}
log: bochs.log
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
plugin_ctrl: speaker=0
sound: driver=dummy
"""


def write_description(directory, cylinders, memory_mib, com1=serial_line.FILE.format(serial_line.LOG)):
    """Write bochsrc and the debugger's command file into `directory`, beside its disk.img; returns the command that
    starts Bochs there.

    cylinders: what disk.make_image returned, memory_mib: memory of all domains, com1: what hangs at
    the serial line (serial_line.py).
    The command must run with `directory` as its working directory: every name in the description is relative to it.
    """
    with open(os.path.join(directory, "bochsrc"), "w", encoding="utf-8") as file:
        file.write(DESCRIPTION.format(ips=INSTRUCTIONS_PER_SECOND, megs=memory_mib + HYPERVISOR_MIB,
                                      time0=disk.FIXED_TIME, cylinders=cylinders, heads=disk.HEADS,
                                      sectors=disk.SECTORS_PER_TRACK, com1=com1))
    with open(os.path.join(directory, "bochs-commands"), "w", encoding="ascii") as file:
        file.write("c\n")                 # Debian's Bochs starts in its debugger
    return [BOCHS, "-q", "-f", "bochsrc", "-rc", "bochs-commands"]


def main():
    parser = argparse.ArgumentParser(description="Boot a multiboot kernel in plain Bochs: no agent, no trace.",
                                     epilog=__doc__.split("\n\n")[-1],
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--directory", required=True, help="where disk, description and logs go")
    disk.add_arguments(parser)
    parser.add_argument("--mem", type=int, default=64,
                        help=f"MiB beyond the hypervisor's {HYPERVISOR_MIB} (default 64)")
    arguments = parser.parse_args()
    directory = os.path.abspath(arguments.directory)
    try:
        os.makedirs(directory, exist_ok=True)
        image = os.path.join(directory, "disk.img")
        cylinders = disk.make_image(image, arguments.kernel, arguments.boot, disk.modules_of(arguments))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(image + ".lock")    # a killed Bochs leaves it behind
        command = write_description(directory, cylinders, arguments.mem)
        return subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, check=False).returncode
    except (disk.DiskError, OSError) as error:
        return f"machine.py: {error}"


if __name__ == "__main__":
    sys.exit(main())
