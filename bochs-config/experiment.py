"""An experiment: a small text file that says what is compared, and the runs that follow from it.

Every configuration x workload x memory size x seed x phase is a cell; the bare machine has no seed and no phase, so it has the
first of each. A cell is two runs: `cost`, in which hardly a record is made, so that the instructions are the work's own; and
`events`, in which all are. Workloads that `tlb` names have a third, `tlb`, whose references to memory go through a TLB with and
without tags. Each is done `repeats` times, and must be the same to the digit.

Rules: whatever is wrong is named with file and line and what is allowed, before anything runs (experiment_file.py). A run's
name has a hash of all that can change its result, so that results of different versions never meet under one name.
Callers: compare and compare_job beside this file.
"""
import dataclasses
import hashlib
import itertools
import json
import os
import re

import experiment_file
import experiment_kernels
import options as run_options
from experiment_file import ExperimentError, Problem
from values import OptionError

FOLDER = os.path.join(run_options.ROOT, "bochs-config", "experiments")
# the classes of records, and what the agent records
PURPOSES = {"cost": ("marker", "events"), "events": ("all", "events"), "tlb": ("all", "mem")}
# of the plan and of the results: another one has other runs
FORMAT = 3
# of everything that a run is made of, beside its own options
MADE_OF = ["build/xen/penumbra.elf", "build/native/mini.elf", "build/trace/agent.so", "build/trace/provider.so",
           "build/trace/clock.so", "/usr/bin/bochs-bin"]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run. arguments: of bochs-config/run, but for --out. files: {path: SHA-256} of a kernel that is not the project's;
    says: what it must have said."""
    name: str
    guest: str
    workload: str
    configuration: str
    memory_mib: int
    seed: int
    phase_us: int
    purpose: str
    repeat: int
    arguments: tuple
    says: str = ""
    files: dict = dataclasses.field(default_factory=dict)


def path_of(name):
    """An experiment by the path of its file, or by its name: one of FOLDER."""
    return name if "/" in name or name.endswith(".toml") else os.path.join(FOLDER, name + ".toml")


def _arguments(described, workload, kernel, run):
    """kernel: a Kernel, or None for the guest of this project."""
    words = experiment_file.options_of(run["configuration"])
    classes, trace = PURPOSES[run["purpose"]]
    boot = f"classes={classes}"
    if words["mode"] != "native":
        boot += f" audit=off scatter={run['seed'] or 'off'}" + (f" phase={run['phase_us']}" if run["phase_us"] else "")
    found = kernel.arguments() if kernel else ["--guest", described["guest"], "--workload", workload,
                                               "--cmdline", described["words"].get(workload, "")]
    found += ["--mem", str(run["memory_mib"]), "--boot", boot, "--trace", trace, "--timeout", str(described["timeout"])]
    for option, value in words.items():
        found += ["--" + option.replace("_", "-"), value]
    return tuple(found)


def _cells(described, workload, kernel):
    """The workload's cells, as keywords of a Run."""
    for configuration in described["configurations"]:
        if kernel and not kernel.runs_in(configuration):
            continue
        native = configuration == "native"
        seeds, phases = (described[key][:1] if native else described[key] for key in ("seeds", "phases"))
        for memory, seed, phase in itertools.product(described["memory"], seeds, phases):
            yield {"configuration": configuration, "memory_mib": memory, "seed": seed, "phase_us": phase}


def _problem(workload, kernel, text):
    """A run that cannot be made: a Problem where the experiment says what is wrong in it."""
    of_words = text.startswith("CMDLINE")
    if kernel:
        return Problem(("kernels", workload, "cmdline" if of_words else "kernel"), None, text)
    return Problem(("words", workload), None, text) if of_words else Problem(("workloads",), workload, text)


def _runs_of(described, workload, kernel):
    """The workload's runs, still without names. Raises Problem."""
    files = {path: file_sha256(path) for path in (kernel.kernel, kernel.ramdisk) if path} if kernel else {}
    says = kernel.says if kernel else ""
    purposes = [purpose for purpose in PURPOSES if purpose != "tlb" or workload in described["tlb"]]
    for cell in _cells(described, workload, kernel):
        for purpose, repeat in itertools.product(purposes, range(1, described["repeats"] + 1)):
            arguments = _arguments(described, workload, kernel, cell | {"purpose": purpose})
            try:
                run_options.check(run_options.parser().parse_args([*arguments, "--out", "out/unused"]))
            except OptionError as error:
                raise _problem(workload, kernel, str(error)) from None
            yield Run(name="", guest=os.path.basename(kernel.kernel) if kernel else described["guest"], workload=workload,
                      purpose=purpose, repeat=repeat, arguments=arguments, says=says, files=files, **cell)


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def made_of(described):
    """{file: SHA-256} of everything that can change a result, beside the options and a run's own files."""
    guest = [f"build/guests/{described['guest']}/{file}" for file in (described["guest"] + ".elf", "ramdisk.img")]
    files = [os.path.join(run_options.ROOT, file) for file in MADE_OF + guest]
    return {os.path.relpath(file, run_options.ROOT) if file.startswith(run_options.ROOT) else file: file_sha256(file)
            for file in files if os.path.isfile(file)}


def _name(run, hashes):
    everything = json.dumps([FORMAT, run.arguments, hashes, run.files], sort_keys=True)
    parts = [run.workload, run.configuration, run.memory_mib, run.seed, run.phase_us, run.purpose, run.repeat]
    readable = re.sub(r"[^A-Za-z0-9_+-]", "-", "-".join(map(str, parts)))
    return f"{readable}-{hashlib.sha256(everything.encode()).hexdigest()[:12]}"


def _runs(described, folder):
    """(runs, lines about kernels that are left out). Raises Problem."""
    kernels, left_out = experiment_kernels.find(described, run_options.workload_names(described["guest"]), folder)
    runs = []
    for workload in dict.fromkeys([*described["workloads"], *kernels]):
        of_workload = list(_runs_of(described, workload, kernels.get(workload)))
        if not of_workload:
            raise Problem(("kernels", workload, "configurations"), None, f"kernels.{workload} can run in none of the"
                          f" configurations: {', '.join(described['configurations'])}")
        runs += of_workload
    return runs, left_out


def read(path):
    """(what the file says, its runs without names, lines about kernels that are left out). Raises ExperimentError."""
    try:
        text, found = experiment_file.load(path)
    except (OSError, UnicodeDecodeError) as error:
        known = ", ".join(sorted(name[:-5] for name in os.listdir(FOLDER)))
        why = error.strerror if isinstance(error, OSError) else "it is not a text"
        raise ExperimentError(f"EXPERIMENT={path}: {why}; there are: {known}, or give the path of a file") from None
    try:
        described = experiment_file.check(found)
        return described, *_runs(described, os.path.dirname(os.path.abspath(path)))
    except Problem as problem:
        raise experiment_file.located(path, text, problem) from None


def plan(path):
    """What compare writes down before anything runs: the experiment, its runs by name, and what they are made of."""
    described, runs, left_out = read(path)
    hashes = made_of(described)
    named = [dataclasses.replace(run, name=_name(run, hashes)) for run in runs]
    return {"format": FORMAT, "experiment": described, "file": path, "made_of": hashes, "left_out": left_out,
            "runs": {run.name: dataclasses.asdict(run) for run in named}}
