"""Which way of handling page tables for which load: what a comparison says to somebody who has to choose.

Rules: a configuration's score for a load is the geometric mean of its multiples of the bare machine over the load's
workloads, memory sizes, seeds and phases; of workloads that have not run there, multiples of the best. A configuration
that has not run everything has no score, and with one there is nothing to choose. Scores within ALIKE of the best count as
just as good. Nobody is told to choose UNPROTECTED, where a guest may do to the machine what it likes: its score says what the
others spend on protection. Callers: report_compare beside this file.
"""
import math

ALIKE = 1.03
BASELINE = "native"
UNPROTECTED = "trusted"
# what a person has -> the workloads that are like it; what is not named here is a load by itself
LOADS = {"many processes: fork, exec, copy-on-write": ["fork-cow", "build"],
         "many switches between few processes": ["context-switch"],
         "mapping and unmapping memory": ["mmap-churn", "small-maps", "map-files"],
         "more memory in use than there is: swapping": ["demand-swap"],
         "touching memory for the first time": ["touch"],
         "changing protections, as garbage collectors do": ["collect"]}
# workloads that measure single operations: their sum is like no work
NOT_A_LOAD = ["nano", "lmbench"]


def loads_of(workloads, baselines):
    """{load: its workloads} of those that were run. baselines: those that ran on the bare machine."""
    found = {load: [name for name in members if name in workloads] for load, members in LOADS.items()}
    known = {name for members in LOADS.values() for name in members} | set(NOT_A_LOAD)
    found.update((name, [name]) for name in workloads if name not in known)
    found = {load: members for load, members in found.items() if members}
    together = [name for members in found.values() for name in members if name in baselines]
    return found | ({"all of these alike": together} if len(found) > 1 and together else {})


def value_of(row, measure):
    return row["instructions"] if measure == "instructions" else row["modelled"][measure]


def scores(rows, members, measure):
    """{configuration: score} of a load, the best first."""
    bases, groups = {}, {}
    for row in rows:
        value = value_of(row, measure)
        if row["workload"] not in members or not value:
            continue
        if row["configuration"] == BASELINE:
            bases[row["workload"], row["memory_mib"]] = value
        else:
            group = groups.setdefault(tuple(row[key] for key in ("workload", "memory_mib", "seed", "phase_us")), {})
            group[row["configuration"]] = value
    multiples = {}
    for key, group in groups.items():
        base = bases.get(key[:2]) or min(value for name, value in group.items() if name != UNPROTECTED or len(group) == 1)
        for configuration, value in group.items():
            multiples.setdefault(configuration, []).append(value / base)
    found = {configuration: math.exp(sum(map(math.log, values)) / len(values))
             for configuration, values in multiples.items() if len(values) == len(groups)}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def advice(rows, measure):
    """One object a load, see the module. measure: "instructions", or a key of the rows' `modelled`."""
    result = []
    baselines = {row["workload"] for row in rows if row["configuration"] == BASELINE}
    for load, members in loads_of(list(dict.fromkeys(row["workload"] for row in rows)), baselines).items():
        found = scores(rows, members, measure)
        unprotected = found.pop(UNPROTECTED, None)
        if len(found) > 1:
            least = min(found.values())
            result.append({"load": load, "workloads": members,
                           "of": BASELINE if baselines.issuperset(members) else "best",
                           "scores": {name: round(score, 4) for name, score in found.items()},
                           "unprotected": unprotected and round(unprotected, 4),
                           "best": [name for name, score in found.items() if score <= least * ALIKE]})
    return result
