"""Kernels of an experiment that are no guest of this project: each is one more workload.

    [kernels.linux]
    kernel = "vmlinux-2.6.24"            # in the folder that THIRD_PARTY_GUESTS names; with a /: from the experiment's folder
    says = "init: all passed"            # no success without this on the console; `until`: the run ends as soon as it is there

Rules: one that `workloads` names must be there; one that `if_present` names is left out with a line that says why. Such a
kernel has no build for the bare machine. Callers: experiment.py beside this file.
"""
import dataclasses
import os
import re

import experiment_file
from experiment_file import Problem

VARIABLE = "THIRD_PARTY_GUESTS"
NAME = re.compile(r"[A-Za-z0-9._-]+")
ALLOWED = {"kernel": (str, None), "ramdisk": (str, ""), "cmdline": (str, ""), "says": (str, ""), "until": (str, ""),
           "configurations": (list, [])}


@dataclasses.dataclass(frozen=True)
class Kernel:
    """kernel, ramdisk: paths. configurations: those that it can run in; empty: all but native."""
    name: str
    kernel: str
    ramdisk: str
    cmdline: str
    says: str
    until: str
    configurations: tuple

    def arguments(self):
        """Of bochs-config/run."""
        given = {"guest": self.kernel, "ramdisk": self.ramdisk, "cmdline": self.cmdline, "until": self.until}
        return [word for option, value in given.items() if value for word in ("--" + option, value)]

    def runs_in(self, configuration):
        return configuration in self.configurations if self.configurations else configuration != "native"


def _path(name, folder):
    """Of a file that the experiment names, and why it is not there, or ""."""
    if not name:
        return "", ""
    if "/" not in name and not os.environ.get(VARIABLE):
        return "", f"{VARIABLE} names no folder with {name}"
    folder = folder if "/" in name else os.path.expanduser(os.environ[VARIABLE])
    path = os.path.abspath(os.path.join(folder, os.path.expanduser(name)))
    return path, "" if os.path.isfile(path) else f"{path} is not there"


def _kernel(name, found, folder):
    """(Kernel, why it is not there or ""). Raises Problem."""
    keys = ("kernels", name)
    if not isinstance(found, dict) or not NAME.fullmatch(name):
        raise Problem(keys, None, f"kernels.{name} must be a table, its name of letters, digits, '.', '_' and '-'")
    found = experiment_file.check_keys(found, ALLOWED, keys)
    if not found["kernel"]:
        raise Problem((*keys, "kernel"), None, f"kernels.{name}.kernel must name a file")
    experiment_file.check_configurations((*keys, "configurations"), found["configurations"])
    if "native" in found["configurations"]:
        raise Problem((*keys, "configurations"), "native",
                      f"kernels.{name} cannot run in native: it is not built for the bare machine")
    kernel, absent = _path(found["kernel"], folder)
    ramdisk, no_ramdisk = _path(found["ramdisk"], folder)
    return Kernel(name, kernel, ramdisk, found["cmdline"], found["says"] or found["until"], found["until"],
                  tuple(found["configurations"])), absent or no_ramdisk


def find(described, guest_workloads, folder):
    """({name: Kernel} of those that take part, [a line for each that is left out]). Raises Problem."""
    present, left_out = {}, []
    for name, found in described["kernels"].items():
        kernel, absent = _kernel(name, found, folder)
        if name in guest_workloads:
            raise Problem(("kernels", name, "kernel"), None, f"kernels.{name}: the guest has a workload of that name")
        if name in described["workloads"] and absent:
            raise Problem(("workloads",), name, f"kernel {name}: {absent}")
        if name in described["if_present"] and absent:
            left_out.append(f"kernel {name} is left out: {absent}")
        elif name in described["workloads"] + described["if_present"]:
            present[name] = kernel
    for name in described["if_present"]:
        if name not in described["kernels"]:
            raise Problem(("if_present",), name, f"if_present: there is no table kernels.{name}")
    return present, left_out
