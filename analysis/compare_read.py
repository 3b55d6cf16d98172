"""The results of a comparison: cells, and the operations that were measured in them.

Rules: a cell is a workload, a configuration, a memory size and a seed; its instructions come from its run `cost`, its events from
its run `events`. A figure is given as a multiple of the cell of the same workload, memory and seed with configuration `native`,
where there is one. Results whose hashes differ from the plan's are of another version, and are not mixed in.
Callers: compare beside this file.
"""
import json
import os

RINGS = ["ring0", "ring1", "ring3"]
# events of a cell: column, and where the summary has it
EVENTS = {"hypercalls": ("domains", 0, "hypercalls"), "exceptions": ("domains", 0, "exceptions"),
          "upcalls": ("domains", 0, "upcalls"), "shadow_faults": ("shadow", "faults"), "shadow_fills": ("shadow", "fills_l1"),
          "emulated_writes": ("shadow", "emulated_writes"), "explicit_updates": ("shadow", "explicit_updates"),
          "oos_entries": ("shadow", "oos_entries"), "mmu_updates": ("mmu", "l1_updates"),
          "trapped_writes": ("mmu", "emulated_writes"), "disconnects": ("mmu", "disconnects"),
          "flushes": ("tlb", "flushes"), "walks": ("tlb", "walks")}


class ReadError(Exception):
    """The comparison cannot be read; the text says why."""


def look_up(summary, path):
    for key in path:
        try:
            summary = summary[key]
        except (KeyError, IndexError, TypeError):
            return None
    return summary


def instructions_of(result):
    """{ring or "total": instructions} of the guest's life, the hypervisor's boot before it left out."""
    return result["summary"]["domains"][0]["instructions"]


def read_json(path):
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ReadError(f"{path} is damaged: {error}") from None


class Comparison:
    """See the module. cells: {(workload, configuration, memory_mib, seed): {purpose: result}}, in the plan's order."""

    def __init__(self, directory, model=None):
        self.plan = read_json(os.path.join(directory, "plan.json"))
        self.model = model
        self.cells, self.missing, self.foreign = {}, [], []
        if self.plan.get("format") != 1:
            raise ReadError(f"{directory}/plan.json has format {self.plan.get('format')}; this tool reads format 1")
        for name, run in self.plan["runs"].items():
            key = (run["workload"], run["configuration"], run["memory_mib"], run["seed"])
            cell = self.cells.setdefault(key, {})
            path = os.path.join(directory, "runs", name, "result.json")
            if not os.path.exists(path):
                self.missing.append(name)
                continue
            result = read_json(path)
            if result["made_of"] != self.plan["made_of"]:
                self.foreign.append(name)
                continue
            cell[run["purpose"]] = result
        if not any(self.cells.values()):
            raise ReadError(f"{directory} has no result of its plan: run the comparison first")

    def troubles(self):
        found = []
        if self.missing:
            found.append(f"{len(self.missing)} of {len(self.plan['runs'])} runs are missing, the first: {self.missing[0]}")
        if self.foreign:
            found.append(f"{len(self.foreign)} results are of other versions than the plan and left out, the first:"
                         f" {self.foreign[0]}")
        for key, cell in self.cells.items():
            for purpose, result in cell.items():
                tlb, oracle, trace = (result["summary"][part] for part in ("tlb", "oracle", "trace"))
                if tlb["unexplained"] or oracle["violations"] or trace["lost"]:
                    found.append(f"{' '.join(map(str, key))} {purpose}: {tlb['unexplained']} flushes unexplained,"
                                 f" {oracle['violations']} violations, {trace['lost']} records lost")
        return found

    def native_of(self, key):
        """The cell of the bare machine that key is compared with, or None."""
        workload, _, memory, seed = key
        return self.cells.get((workload, "native", memory, seed))

    def cell_rows(self):
        """One {column: value} a cell that has its results."""
        rows = []
        for key, cell in self.cells.items():
            if "cost" not in cell:
                continue
            instructions = instructions_of(cell["cost"])
            row = {"table": "cell", **dict(zip(("workload", "configuration", "memory_mib", "seed"), key)),
                   "instructions": instructions["total"], **{ring: instructions[ring] for ring in RINGS}}
            native = (self.native_of(key) or {}).get("cost")
            row["times_native"] = round(instructions["total"] / instructions_of(native)["total"], 4) if native else None
            if self.model:
                row["modelled_cycles"] = self.model.cycles(cell)
            if "events" in cell:
                row.update((column, look_up(cell["events"]["summary"], path)) for column, path in EVENTS.items())
            rows.append(row)
        return rows

    @staticmethod
    def _per_operation(result):
        """{operation: {column: value}} of what a run measured, less what measuring itself takes: the operation "empty"."""
        columns = ("instructions", *RINGS, "walks")
        empty = next((measure for measure in result["measures"] if measure["name"] == "empty"), dict.fromkeys(columns, 0))
        return {measure["name"]: {column: max(measure[column] - empty[column], 0) / measure["operations"] for column in columns}
                for measure in result["measures"] if measure is not empty}

    def operation_rows(self):
        """One {column: value} an operation that a cell measured; figures are of one operation."""
        rows = []
        for key, cell in self.cells.items():
            if "cost" not in cell:
                continue
            native = (self.native_of(key) or {}).get("cost")
            of_native = self._per_operation(native) if native else {}
            for name, figures in self._per_operation(cell["cost"]).items():
                base = of_native.get(name)
                rows.append({"table": "operation", **dict(zip(("workload", "configuration", "memory_mib", "seed"), key)),
                             "operation": name, **{column: round(value, 2) for column, value in figures.items()},
                             "times_native": round(figures["instructions"] / base["instructions"], 4) if base and base["instructions"] else None})
        return rows
