"""A run in plain Bochs, the agent absent: what the cost of tracing is measured against; and what Bochs prints, taken
apart.

Rules: the same image and machine as a traced run. Bochs prints port 0xE9 between its own lines, which are taken out
again; without the agent nobody reads the guest's outcome, so the run only says whether the machine was shut down.
Callers: runner and bench.
"""
import os
import re

import emulator
import output
import verdict

# Bochs's own lines on standard output: banner, debugger prompts, log
BOCHS_LINES = re.compile(rb"^(=====|\s+Bochs x86 Emulator|\s+Built from|\s+Timestamp|Next at t=|\(0\)"
                         rb"|\d{11}[a-z]\[|<bochs:|Bochs is exiting|\[UNMAP \])")
COMPLAINTS = re.compile(rb"^(agent: |\d{11}p\[|>>PANIC<<|\*\*\* )")
SHUTDOWN_STATUS = 1                       # of Bochs after the word Shutdown at port 0x8900


def complaint_of(printed):
    """The last line in which the agent or Bochs said why it ended, or an empty text."""
    lines = [line.decode(errors="replace").strip() for line in printed.splitlines() if COMPLAINTS.match(line)]
    return lines[-1] if lines else ""


def console_of(printed):
    """The guest's console in what Bochs printed."""
    return b"".join(line for line in printed.splitlines(keepends=True) if not BOCHS_LINES.match(line))


def emulate(out, command, timeout, interrupt):
    """Run Bochs without the agent in an output directory; returns its Ending."""
    return emulator.run(command, out.file("machine"), dict(os.environ), None, timeout, interrupt)


def boot(options, out, command, show, interrupt):
    """Run, write console.log and show it; returns the Verdict."""
    ending = emulate(out, command, options.timeout, interrupt)
    with open(out.file("machine", "bochs.out"), "rb") as file:
        console = console_of(file.read())
    output.write_whole(out.file("console.log"), console.decode(errors="replace"))
    show(console)
    ended = ending.how == "exited" and ending.number == SHUTDOWN_STATUS
    status = {"outcome": "success"} if ended else None
    return verdict.decide(verdict.Findings(ending=ending, status=status, summary=None), options.timeout)
