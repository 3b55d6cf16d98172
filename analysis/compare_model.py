"""Modelled cycles: instructions, and weights for what costs a processor more than an instruction.

A model is a TOML file of analysis/costs/: its name, its source, and [weights] in cycles of each instruction, page walk, change to
a ring of more privilege by an exception or interrupt, and flush of the whole TLB and of one page. Modelled figures are marked as such wherever
they are shown. Callers: compare, compare_read and reports beside this file.
"""
import glob
import math
import os
import tomllib

COSTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "costs")
WEIGHTS = ["instruction", "walk", "ring_crossing", "whole_flush", "page_flush"]


class ModelError(Exception):
    """The model cannot be used; the text says why."""


class Model:
    def __init__(self, described):
        self.described = described
        self.weights = described["weights"]

    def cycles(self, cell):
        """Of one cell; None without the run that has the events."""
        return round(sum(self.weights[what] * count for what, count in counts(cell).items())) if "events" in cell else None


def counts(cell):
    """{weight: how often} of a cell that has both runs."""
    cost, events = cell["cost"]["summary"], cell["events"]["summary"]
    means = events["tlb"]["by_means"]
    return {"instruction": cost["domains"][0]["instructions"]["total"], "walk": cost["domains"][0]["walks"],
            "ring_crossing": events["domains"][0]["crossings"],
            "whole_flush": means.get("mov_cr3", 0) + means.get("mov_cr4", 0), "page_flush": means.get("invlpg", 0)}


def read(path):
    """The Model of a file. Raises ModelError."""
    try:
        with open(path, "rb") as file:
            described = tomllib.load(file)
    except OSError as error:
        raise ModelError(f"--model {path}: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ModelError(f"--model {path}: {error}") from None
    weights = described.get("weights")
    weights = weights if isinstance(weights, dict) else {}
    unknown = [f"{key} is not known" for key in weights if key not in WEIGHTS]
    wrong = [f"{key} is missing" if key not in weights else f"{key} = {weights[key]} is not allowed" for key in WEIGHTS
             if type(weights.get(key)) not in (int, float) or not 0 <= weights[key] < math.inf]
    unnamed = [f"{key} is missing or not a text" for key in ("name", "source") if not described.get(key) or not isinstance(described[key], str)]
    if unknown or wrong or unnamed:
        raise ModelError(f"--model {path}: it needs the texts name and source, and [weights] with {', '.join(WEIGHTS)}, numbers of cycles"
                         f" from 0; {[*unnamed, *unknown, *wrong][0]}")
    return Model(described)


def weighing():
    """{file's name: its description} of the models in COSTS, but for the one that weighs nothing."""
    found = {os.path.splitext(os.path.basename(path))[0]: read(path).described for path in sorted(glob.glob(os.path.join(COSTS, "*.toml")))}
    return {name: described for name, described in found.items() if name != "instructions"}
