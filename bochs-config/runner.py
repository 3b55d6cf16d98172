"""A run, step by step: image, session and Bochs, analysis, verdict.

Rules: each step writes only into the claimed output directory; whatever a step raises is one of ERRORS; a session and a
Bochs that were started are gone when a step returns. Callers: run and bench beside this file.
"""
import contextlib
import dataclasses
import fcntl
import json
import os
import sys

import disk
import domains
import emulator
import images
import kernel_file
import machine
import native
import options as run_options
import output
import plain
import recording
import report
import serial_line
import verdict

sys.path.insert(1, os.path.join(run_options.ROOT, "trace"))
import session  # noqa: E402  (beside the agent that it starts)

ERRORS = (disk.DiskError, session.SessionError, OSError)
BUILD = os.path.join(run_options.ROOT, "build")
HYPERVISOR = os.path.join(BUILD, "xen", "penumbra.elf")


@contextlib.contextmanager
def no_build_under_way():
    """Waits for a build to end and keeps the next from beginning: `make build` makes the same lock and holds it
    alone."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(FileNotFoundError):
            lock = stack.enter_context(open(os.path.join(BUILD, ".lock"), encoding="ascii"))
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def guests(options, out):
    """(kernel file, its words, what else GRUB loads, the domains as they are loaded) for a run under the hypervisor.
    Raises disk.DiskError."""
    check_built(HYPERVISOR, *(domain.kernel for domain in options.domains))
    try:
        unpacked = [dataclasses.replace(domain, kernel=kernel_file.unpacked(domain.kernel, out.file("machine")))
                    for domain in options.domains]
    except kernel_file.DAMAGED as error:
        raise disk.DiskError(f"a kernel is compressed, and damaged: {error}") from None
    return HYPERVISOR, run_options.boot_words(options), domains.number_modules(unpacked)[0], unpacked


def bare_machine(options):
    """The same for a run without it."""
    kernel, words, modules = native.image(options.domains[0], run_options.ROOT, options.boot)
    check_built(kernel, *(module.path for module in modules))
    return kernel, words, modules, []


def check_built(*paths):
    for path in paths:
        if not os.path.isfile(path):
            raise disk.DiskError(f"{os.path.relpath(path)} does not exist: run 'make build' first")


def prepare(options, out, com1=""):
    """Make the image and the machine description; returns the command that starts Bochs. com1: what hangs at the serial
    line, when it is not a file."""
    with no_build_under_way():
        kernel, words, modules, loaded = (bare_machine(options) if native.wanted(options.domains)
                                          else guests(options, out))
        if options.trace != "off":
            images.keep(out.file("images"), kernel, loaded or options.domains)
        cylinders = disk.make_image(out.file("machine", "disk.img"), kernel, words, modules)
    return machine.write_description(out.file("machine"), cylinders, domains.memory_mib(options.domains),
                                     *filter(None, [com1]))


def boot(options, out, command, show, interrupt):
    """Run Bochs with the agent, inside a tracing session when events are traced.

    show takes the console's bytes as they appear. Returns (Ending, trouble): trouble says why the trace may be
    incomplete, or is empty.
    """
    console = out.file("console.log")
    environment = dict(os.environ, PENUMBRA_CONSOLE=console, PENUMBRA_STATUS=out.file("machine", "status.json"),
                       **options.recorded.environment())
    if options.until:
        environment["PENUMBRA_UNTIL"] = options.until
    with open(console, "wb"):
        pass

    def emulate(agent):
        environment.update(agent)
        return emulator.run(command, out.file("machine"), environment, emulator.Follower(console, show),
                            options.timeout, interrupt)

    if options.trace == "off":
        return emulate({"PENUMBRA_TRACE": "off", **session.preload(os.path.join(BUILD, "trace"), "agent.so")}), ""
    tracing = session.TraceSession(out.path, depth=options.trace)
    with tracing:
        ending = emulate(tracing.environment())
        try:
            tracing.stop()
            trouble = ""
        except session.SessionError as error:
            trouble = str(error)
    return ending, trouble


def read_status(out):
    """What the agent wrote at the end, or None when it did not get so far."""
    try:
        with open(out.file("machine", "status.json"), encoding="utf-8") as file:
            return json.load(file)
    except (FileNotFoundError, ValueError):
        return None


def run_facts(options, out):
    """What only the runner knows of a run: the run{} part of the summary, but for its list of domains. The first three
    are those of the one domain; of several, the list has them."""
    facts = {"geometry": "2level", "memory_mib": domains.memory_mib(options.domains),
             "trace": options.trace, "image_sha256": report.file_sha256(out.file("machine", "disk.img"))}
    if len(options.domains) == 1:
        domain = options.domains[0]
        facts.update(guest=domain.guest, workload=domain.workload or "none", mode=domain.mode,
                     policy=domain.policy_at_first())
    return facts


def conclude(options, out, ending, trouble, terminal):
    """Analyze, write summary.json and tlb.csv, print the tables; returns the Verdict. ending, trouble: what boot
    returned."""
    analysis = report.Analysis(run_options.ROOT, out, trouble)
    traced = options.trace != "off"
    summary = analysis.summary(run_facts(options, out), out.file("machine", "status.json"), traced)
    table = analysis.tables() if traced else ""
    with open(out.file("machine", "bochs.out"), "rb") as file:
        complaint = plain.complaint_of(file.read())
    status = read_status(out)
    findings = verdict.Findings(ending, status, summary, analysis.trouble, complaint)
    decision = verdict.decide(findings, options.timeout)
    if summary is not None:
        summary["outcome"] = decision.outcome
        summary["run"].update(domains=domains.facts(options.domains), command=options.command)
        text = json.dumps(summary, indent=2) + "\n"
        output.write_whole(out.file("summary.json"), text)
        page = report.html(run_options.ROOT, os.path.relpath(out.path)) if options.report else ""
        terminal.print("\n" + table + report.overview(summary) + page)
        if options.json:
            sys.stdout.write(text)
    for trouble in filter(None, [analysis.trouble, recording.complaint(options.trace, options.recorded, status)]):
        print(f"run: {trouble}", file=sys.stderr)
    return decision


def perform(options, out, terminal, interrupt):
    """A whole run in a claimed directory; returns the Verdict."""
    terminal.print(f"{domains.headline(options.domains)}, trace {options.trace} -> {os.path.relpath(out.path)}")
    with serial_line.SerialLine(options.typed, out.file("machine", serial_line.LOG)) as line:
        command = prepare(options, out, line.description())
        if not options.agent:
            return plain.boot(options, out, command, terminal.write, interrupt)
        ending, trouble = boot(options, out, command, terminal.write, interrupt)
    return conclude(options, out, ending, trouble, terminal)
