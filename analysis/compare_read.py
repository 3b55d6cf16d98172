"""The results of a comparison: its cells, and what is wrong with them.

Rules: a cell is a workload, a configuration, a memory size, a seed and a phase; its instructions come from its run `cost`, its
events from its run `events`, what tags would save from its run `tlb`. Figures are those of the first of several repeats, which
must be the same to the digit. Results whose hashes or options differ from the plan's are of another version, and are not
mixed in. Callers: compare beside this file.
"""
import json
import os


# of plan.json; 1 knew neither phases nor repeats, 2 no crossings
FORMAT = 3


class ReadError(Exception):
    """The comparison cannot be read; the text says why."""


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ReadError(f"{path} is damaged: {error}") from None


def flat(value, name=""):
    """{dotted name: number or text} of everything in it."""
    if not isinstance(value, (dict, list)):
        return {name: value}
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return {key: found for part, inside in parts for key, found in flat(inside, f"{name}.{part}" if name else str(part)).items()}


def figures(result):
    """Everything that must repeat to the digit: all but the size of files on the host's disk."""
    found = flat({key: result.get(key) for key in ("summary", "measures", "tlb")})
    found.pop("summary.trace.bytes", None)
    return found


def difference(first, other):
    """The first figure in which they differ, as text; "" when they are the same."""
    one, two = figures(first), figures(other)
    for name in dict.fromkeys([*one, *two]):
        if one.get(name) != two.get(name):
            return f"{name} is {one.get(name)} and {two.get(name)}"
    return ""


def unsound(result):
    """What a run must not have, as text; "" when it has none."""
    tlb, oracle, trace, outcome = (result["summary"][part] for part in ("tlb", "oracle", "trace", "outcome"))
    if not (tlb["unexplained"] or oracle["violations"] or trace["lost"]) and outcome == "success":
        return ""
    return (f"{tlb['unexplained']} flushes unexplained, {oracle['violations']} violations, {trace['lost']} records lost,"
            f" outcome {outcome}")


def needed(result):
    """What the tables take from a result is all there. Raises KeyError, IndexError, TypeError, AttributeError."""
    unsound(result)
    result["summary"]["domains"][0]["instructions"].items()
    dict.fromkeys(measure["name"] for measure in result["measures"])


class Comparison:
    """See the module. cells: {(workload, configuration, memory_mib, seed, phase_us): {purpose: result}}, in the plan's order."""

    def __init__(self, directory, model=None):
        self.plan = read_json(os.path.join(directory, "plan.json"))
        self.model = model
        self.cells, self.missing, self.damaged, self.foreign, self.wrong = {}, [], [], [], []
        found = self.plan.get("format") if isinstance(self.plan, dict) else None
        if found != FORMAT:
            raise ReadError(f"{directory}/plan.json has format {found}; this tool reads format {FORMAT}: make the comparison again")
        try:
            for name, run in self.plan["runs"].items():
                key = tuple(run[part] for part in ("workload", "configuration", "memory_mib", "seed", "phase_us"))
                self._read(self.cells.setdefault(key, {}), name, run, os.path.join(directory, "runs", name, "result.json"))
        except (KeyError, TypeError, AttributeError):
            raise ReadError(f"{directory}/plan.json is damaged: make the comparison again") from None
        if not any(self.cells.values()):
            raise ReadError(f"{directory} has no result of its plan: run the comparison first")

    def _read(self, cell, name, run, path):
        if not os.path.exists(path):
            self.missing.append(name)
            return
        try:
            result = read_json(path)
            needed(result)
            self._take(cell, name, run, result)
        except (ReadError, KeyError, IndexError, TypeError, AttributeError):
            self.damaged.append(name)

    def _take(self, cell, name, run, result):
        if result["made_of"] != self.plan["made_of"] or result["run"] != run:
            self.foreign.append(name)
            return
        first = cell.setdefault(run["purpose"], result)
        for trouble in (unsound(result), difference(first, result)):
            if trouble:
                repeat = f", repeats {first['run']['repeat']} and {run['repeat']}" if first is not result else ""
                self.wrong.append(f"{run['workload']} {run['configuration']} {run['memory_mib']} {run['seed']} {run['phase_us']}"
                                  f" {run['purpose']}{repeat}: {trouble}")

    def troubles(self):
        """What stands between these results and the tables, a line each."""
        found = []
        if self.missing:
            found.append(f"{len(self.missing)} of {len(self.plan['runs'])} runs are missing, the first: {self.missing[0]}")
        if self.damaged:
            found.append(f"{len(self.damaged)} results are damaged: remove them and compare again; the first: {self.damaged[0]}")
        if self.foreign:
            found.append(f"{len(self.foreign)} results are of other versions than the plan and left out, the first:"
                         f" {self.foreign[0]}")
        return found + self.wrong

    def native_of(self, key):
        """The cell of the bare machine that key is compared with; {} without one. It has neither seed nor phase."""
        workload, _, memory, _, _ = key
        return next((cell for (of, configuration, mib, _, _), cell in self.cells.items()
                     if (of, configuration, mib) == (workload, "native", memory)), {})
