"""An experiment: a small text file that says what is compared, and the runs that follow from it.

The file is TOML. `workloads` and `configurations` must be there; everything else has a default (ALLOWED). A configuration is
MODE, or MODE/POLICY, with +SWITCH and -SWITCH behind it for prefetch, root_cache and flood. Every configuration x workload x
memory size x seed is a cell, and a cell is two runs: `cost`, in which hardly a record is made, so that the instructions are the
work's own; and `events`, in which all are.

Rules: whatever is wrong is named with file and line and what is allowed, before anything runs. A run's name has a hash of all
that can change its result, so that results of different versions never meet under one name. Callers: compare and compare_job
beside this file.
"""
import dataclasses
import hashlib
import json
import os
import re
import tomllib

import domains
import machine
import options as run_options
from values import OptionError, check_choice, check_number

FOLDER = os.path.join(run_options.ROOT, "bochs-config", "experiments")
PURPOSES = {"cost": "classes=marker", "events": "classes=all"}
SWITCHES = ["prefetch", "root_cache", "flood"]
# what a file may say: the type, and what holds when it says nothing (None: it must)
ALLOWED = {"guest": (str, "mini"), "workloads": (list, None), "configurations": (list, None), "memory": (list, [64]),
           "seeds": (list, [7]), "timeout": (int, 300), "words": (dict, {})}
CONFIGURATION = re.compile(r"(?P<mode>[a-z]+)(?:/(?P<policy>[a-z]+))?(?P<switches>(?:[+-][a-z_]+)*)")
# of everything that a run is made of, beside its own options
MADE_OF = ["build/xen/penumbra.elf", "build/native/mini.elf", "build/trace/agent.so", "build/trace/provider.so",
           "build/trace/clock.so", "/usr/bin/bochs-bin"]


@dataclasses.dataclass(frozen=True)
class Run:
    """One run. arguments: of bochs-config/run, but for --out."""
    name: str
    guest: str
    workload: str
    configuration: str
    memory_mib: int
    seed: int
    purpose: str
    arguments: tuple


class ExperimentError(OptionError):
    """The experiment cannot be made; the text says where and why."""


def path_of(name):
    """An experiment by the path of its file, or by its name: one of FOLDER."""
    return name if "/" in name or name.endswith(".toml") else os.path.join(FOLDER, name + ".toml")


def _line_of(text, value):
    """Where a value stands in the file: its line, from 1; the first line when it is not found."""
    for number, line in enumerate(text.splitlines(), 1):
        if str(value) in line.split("#")[0]:
            return number
    return 1


def _words_of(configuration):
    """{option: value} of a configuration. Raises OptionError."""
    found = CONFIGURATION.fullmatch(configuration)
    if not found:
        raise OptionError(f"configuration {configuration!r} is not MODE, MODE/POLICY, with +SWITCH or -SWITCH behind it")
    words = {"mode": check_choice("MODE", found["mode"], domains.MODES)}
    if found["policy"]:
        words["policy"] = found["policy"]
    for sign, switch in re.findall(r"([+-])([a-z_]+)", found["switches"]):
        if switch not in SWITCHES:
            raise OptionError(f"configuration {configuration}: switch {switch} is not known; allowed: {', '.join(SWITCHES)}")
        words[switch] = "yes" if sign == "+" else "no"
    return words


def _check_policy(configuration, words):
    """A policy is of a mode: what the hypervisor would ignore is no configuration to compare."""
    of_mode = {"shadow": domains.POLICIES[1:], "writable": domains.POLICIES[:2]}.get(words["mode"], [])
    if "policy" in words and words["policy"] not in of_mode:
        raise OptionError(f"configuration {configuration}: {words['mode']} mode has no policy {words['policy']}"
                          + (f"; allowed: {', '.join(of_mode)}" if of_mode else ""))
    if words["mode"] != "shadow" and any(switch in words for switch in SWITCHES):
        raise OptionError(f"configuration {configuration}: the switches are shadow mode's")


def _arguments(described, workload, configuration, memory, seed, purpose):
    words = _words_of(configuration)
    _check_policy(configuration, words)
    boot = PURPOSES[purpose] + ("" if words["mode"] == "native" else f" audit=off scatter={seed}")
    cmdline = described["words"].get(workload, "")
    found = ["--guest", described["guest"], "--workload", workload, "--mem", str(memory), "--boot", boot, "--cmdline", cmdline,
             "--trace", "events", "--timeout", str(described["timeout"])]
    for option, value in words.items():
        found += ["--" + option.replace("_", "-"), value]
    return tuple(found)


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def made_of(described):
    """{file: SHA-256} of everything that can change a result, beside the options."""
    guest = [f"build/guests/{described['guest']}/{file}" for file in (described["guest"] + ".elf", "ramdisk.img")]
    files = [os.path.join(run_options.ROOT, file) for file in MADE_OF + guest]
    return {os.path.relpath(file, run_options.ROOT) if file.startswith(run_options.ROOT) else file: file_sha256(file)
            for file in files if os.path.isfile(file)}


def _name(run, hashes):
    everything = json.dumps([run.arguments, hashes], sort_keys=True)
    readable = re.sub(r"[^A-Za-z0-9_+-]", "-", f"{run.workload}-{run.configuration}-{run.memory_mib}-{run.seed}-{run.purpose}")
    return f"{readable}-{hashlib.sha256(everything.encode()).hexdigest()[:12]}"


def _check_types(described):
    for key in described:
        if key not in ALLOWED:
            raise OptionError(f"{key} is not known; allowed: {', '.join(ALLOWED)}")
    result = {}
    for key, (kind, default) in ALLOWED.items():
        result[key] = described.get(key, default)
        if result[key] is None:
            raise OptionError(f"{key} is missing")
        if not isinstance(result[key], kind) or isinstance(result[key], list) and not result[key]:
            raise OptionError(f"{key} must be {'a list with something in it' if kind is list else f'a {kind.__name__}'}")
    for workload, words in result["words"].items():
        if workload not in result["workloads"]:
            raise OptionError(f"words.{workload}: that workload is not among workloads")
        if not isinstance(words, str):
            raise OptionError(f"words.{workload} must be a text")
    return result


def read(path):
    """(what the file says, its runs without names). Raises ExperimentError."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except OSError as error:
        known = ", ".join(sorted(name[:-5] for name in os.listdir(FOLDER)))
        raise ExperimentError(f"EXPERIMENT={path}: {error.strerror}; there are: {known}, or give the path of a file") from None
    try:
        described = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ExperimentError(f"{path}: {error}") from None
    value = ""
    try:
        value = next((key for key in described if key not in ALLOWED), "")
        described = _check_types(described)
        runs = []
        for value in described["configurations"]:
            _check_policy(value, _words_of(value))
        for value in described["memory"]:
            check_number("MEM", value, machine.SMALLEST_MEMORY, machine.LARGEST_MEMORY, "MiB")
        for configuration in described["configurations"]:
            for workload in described["workloads"]:
                for memory in described["memory"]:
                    for seed in described["seeds"]:
                        for purpose in PURPOSES:
                            value = workload
                            arguments = _arguments(described, workload, configuration, memory, seed, purpose)
                            _check_run(arguments)
                            runs.append(Run("", described["guest"], workload, configuration, memory, seed, purpose, arguments))
    except OptionError as error:
        raise ExperimentError(f"{path}:{_line_of(text, value)}: {error}") from None
    return described, runs


def _check_run(arguments):
    """What bochs-config/run would refuse."""
    run_options.check(run_options.parser().parse_args([*arguments, "--out", "out/unused"]))


def plan(path):
    """What compare writes down before anything runs: the experiment, its runs by name, and what they are made of."""
    described, runs = read(path)
    hashes = made_of(described)
    named = [dataclasses.replace(run, name=_name(run, hashes)) for run in runs]
    if len({run.name for run in named}) != len(named):
        raise ExperimentError(f"{path}: a workload, configuration, memory size or seed is there twice")
    return {"format": 1, "experiment": described, "file": path, "made_of": hashes,
            "runs": {run.name: dataclasses.asdict(run) for run in named}}
