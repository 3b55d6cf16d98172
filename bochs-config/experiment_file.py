"""The text of an experiment: what it may say, and where in it an error stands.

Rules: whatever is wrong is a Problem, which knows the key and the value; `located` turns it into file, line and what is
allowed. Nothing is run or written here. Callers: experiment.py and experiment_kernels.py beside this file.
"""
import re
import tomllib

import domains
import machine
import options as run_options
from values import OptionError, check_choice

SWITCHES = ["prefetch", "root_cache", "flood", "global", "superpages"]
CONFIGURATION = re.compile(r"(?P<mode>[a-z]+)(?:/(?P<policy>[a-z]+))?(?P<switches>(?:[+-][a-z_]+)*)")
KINDS = {str: "a text", int: "a whole number", list: "a list with something in it", dict: "a table"}
# what a file may say: the type, and what holds when it says nothing (None: it must)
ALLOWED = {"guest": (str, "mini"), "workloads": (list, None), "configurations": (list, None), "memory": (list, [64]),
           "seeds": (list, [7]), "phases": (list, [0]), "repeats": (int, 1), "timeout": (int, 300), "tlb": (list, []),
           "words": (dict, {}), "kernels": (dict, {}), "if_present": (list, [])}
# least, most, unit
NUMBERS = {"memory": (machine.SMALLEST_MEMORY, machine.LARGEST_MEMORY, "MiB"), "seeds": (0, 2**32 - 1, ""),
           "phases": (0, 1000000, "microseconds"), "repeats": (1, 100, "times"),
           "timeout": (1, run_options.LONGEST_TIMEOUT, "seconds")}


class ExperimentError(OptionError):
    """The experiment cannot be made; the text says where and why."""


class Problem(OptionError):
    """Something wrong at a key, and there at a value where that is not None."""

    def __init__(self, keys, value, text):
        super().__init__(text)
        self.keys, self.value = keys, value


def _line_of(text, keys, value):
    """Where it stands, from 1: the value behind its key, or the key, or its table, or the first line."""
    lines = [line.split("#")[0] for line in text.splitlines()]
    table = "[" + ".".join(keys[:-1]) + "]"
    header = next((number for number, line in enumerate(lines) if keys[:-1] and line.strip() == table), None)
    key = re.compile(rf'\s*"?({re.escape(".".join(keys))}|{re.escape(keys[-1])})"?\s*=')
    at = next((number for number in range(header or 0, len(lines)) if key.match(lines[number])), header)
    if at is None:                              # in a table that stands behind its own key, or nowhere
        return _line_of(text, keys[:-1], value) if keys[:-1] else 1
    whole = re.compile(rf"(?<![\w/+-]){re.escape(str(value))}(?![\w/+-])")
    return 1 + next((number for number in range(at, len(lines)) if value is not None and whole.search(lines[number])), at)


def located(path, text, problem):
    return ExperimentError(f"{path}:{_line_of(text, problem.keys, problem.value)}: {problem}")


def check_keys(found, allowed, keys=()):
    """{key: value} of a table, defaults filled in. keys: of the table. Raises Problem."""
    for key in found:
        if key not in allowed:
            raise Problem((*keys, key), None, f"{'.'.join((*keys, key))} is not known; allowed: {', '.join(allowed)}")
    result = {}
    for key, (kind, default) in allowed.items():
        value = result[key] = found.get(key, default)
        if value is None:
            raise Problem((*keys, key), None, f"{'.'.join((*keys, key))} is missing")
        if type(value) is not kind or key in found and value == []:
            raise Problem((*keys, key), None, f"{'.'.join((*keys, key))} must be {KINDS[kind]}")
    return result


def check_numbers(described):
    for key, (least, most, unit) in NUMBERS.items():
        values = described[key] if isinstance(described[key], list) else [described[key]]
        for value in values:
            if type(value) is not int or not least <= value <= most:
                shown = f'"{value}"' if isinstance(value, str) else value
                raise Problem((key,), value, f"{key}: {shown} is not allowed: a whole number{f' of {unit}' if unit else ''}"
                                             f" from {least} to {most}")


def check_once(described):
    for key, values in described.items():
        for value in values if isinstance(values, list) else []:
            if values.count(value) > 1:
                raise Problem((key,), value, f"{key}: {value} is there twice")
            if not isinstance(value, int if key in NUMBERS else str):
                raise Problem((key,), None, f"{key}: {value!r} is not {'a whole number' if key in NUMBERS else 'a text'}")
            if value == "":
                raise Problem((key,), None, f"{key}: an empty text is not allowed")


def options_of(configuration):
    """{option: value} of a configuration. Raises OptionError."""
    found = CONFIGURATION.fullmatch(configuration)
    if not found:
        raise OptionError(f"configuration {configuration!r} is not MODE, MODE/POLICY, with +SWITCH or -SWITCH behind it;"
                          f" modes: {', '.join(domains.MODES)}; switches: {', '.join(SWITCHES)}")
    words = {"mode": check_choice("MODE", found["mode"], domains.MODES)}
    of_mode = {"shadow": domains.POLICIES[1:], "writable": domains.POLICIES[:2]}.get(words["mode"], [])
    if found["policy"]:
        words["policy"] = found["policy"]
        if found["policy"] not in of_mode:         # what the hypervisor would ignore is no configuration to compare
            raise OptionError(f"configuration {configuration}: {words['mode']} mode has no policy {words['policy']}"
                              + (f"; allowed: {', '.join(of_mode)}" if of_mode else ""))
    for sign, switch in re.findall(r"([+-])([a-z_]+)", found["switches"]):
        if switch not in SWITCHES:
            raise OptionError(f"configuration {configuration}: switch {switch} is not known; allowed: {', '.join(SWITCHES)}")
        if words["mode"] != "shadow":
            raise OptionError(f"configuration {configuration}: the switches are shadow mode's")
        if switch in words:
            raise OptionError(f"configuration {configuration}: switch {switch} is there twice")
        words[switch] = "yes" if sign == "+" else "no"
    return words


def check_configurations(keys, values):
    for value in values:
        try:
            options_of(value)
        except OptionError as error:
            raise Problem(keys, value, str(error)) from None


def check(found):
    """What the file says, all of it, checked as far as that goes without looking at other files. Raises Problem."""
    described = check_keys(found, ALLOWED)
    if described["guest"] not in run_options.guest_names():
        raise Problem(("guest",), None, f"guest={described['guest']} is not known; there are:"
                                        f" {', '.join(run_options.guest_names())}")
    check_numbers(described)
    check_once(described)
    check_configurations(("configurations",), described["configurations"])
    known = described["workloads"] + described["if_present"]
    for name in described["tlb"]:
        if name not in known:
            raise Problem(("tlb",), name, f"tlb: {name} is not among workloads; there are: {', '.join(known)}")
    for workload, words in described["words"].items():
        if workload not in described["workloads"] or workload in described["kernels"]:
            raise Problem(("words", workload), None,
                          f"words.{workload}: that workload is not among those of the guest in workloads")
        if not isinstance(words, str):
            raise Problem(("words", workload), None, f"words.{workload} must be a text")
    return described


def load(path):
    """(text, TOML of it). Raises ExperimentError; OSError."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ExperimentError(f"{path}:{line[1] if line else len(text.splitlines())}: {error}") from None
