"""What the report of a run shows: the run's summary, and what the analyzers say of its trace.

Rules: each part is {"command", "data"} or {"command", "missing"}, a sentence that says why there is nothing and what to
do; "note" beside data repeats what the analyzer complained of, "bound" says what was left out. Unless everything is
asked for, analyzers that read every instruction get the first LONGEST of a run. Callers: report beside this file.
"""
import concurrent.futures
import json
import os
import shlex
import subprocess

import compare_model

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FINE, FOUND, INCOMPLETE = 0, 1, 4
LONGEST = 200_000_000            # instructions; each of four analyzers takes two seconds of processor time for them
SMALLEST_PATH = 2000             # a path of calls with less than one part in this of all instructions is not drawn

# part: analyzer and options, and what the trace must have
PARTS = {"flushes": (("tlb", "--by", "cause", "--json"), "events"),
         "processes": (("tlb", "--by", "domain,process", "--json"), "events"),
         "modes": (("modes", "--json"), "events"),
         "schedule": (("schedule", "--json"), "events"),
         "measures": (("measure", "--json"), "events"),
         "timeline": (("timeline", "--json"), "events"),
         "functions": (("profile", "--json"), "insn"),
         "entries": (("profile", "--by", "entry", "--json"), "insn"),
         "paths": (("profile", "--folded"), "insn"),
         "memory": (("memory", "--intervals", "256", "--top", "20", "--json"), "insn")}


def _complaint(text):
    lines = text.strip().splitlines()
    return lines[-1] if lines else ""


def _command(trace, words):
    """An analyzer's command as a person would type it."""
    return shlex.join([f"analysis/{words[0]}", trace, *words[1:]])


def analyzed(trace, shown, words):
    """What an analyzer says of a trace: a part. shown: the trace in the command that a person would type."""
    name, *options = words
    part = {"command": _command(shown, words)}
    try:
        done = subprocess.run([os.path.join(ROOT, "analysis", name), trace, *options], capture_output=True, text=True,
                              errors="replace", check=False)
    except OSError as error:
        return {**part, "missing": f"analysis/{name}: {error.strerror}; run 'make build'"}
    if done.returncode not in (FINE, FOUND, INCOMPLETE):
        return {**part, "missing": _complaint(done.stderr) or f"analysis/{name} ended with status {done.returncode}"}
    part["data"] = done.stdout if "--folded" in options else json.loads(done.stdout)
    if done.returncode != FINE:
        part["note"] = _complaint(done.stderr)
    return part


def _why_not(needs, traced):
    """Why a part cannot be had, or None. needs: what the trace must have; traced: what it has."""
    if traced == "off":
        return "The run recorded nothing (TRACE=off). Run it again with TRACE=insn."
    if needs == "insn" and traced == "events":
        return "The run recorded no instructions (TRACE=events). Run it again with TRACE=insn."
    return None


def _first_instruction(trace):
    """That was recorded, by the clock; None when none was."""
    rows = analyzed(trace, trace, ("insn", "--count", "2", "--show", "instructions", "--json")).get("data", [])
    return next((row["time"] for row in rows if row["kind"] == "instruction"), None)


def _bound(trace, instructions, shown):
    """(further options of what reads every instruction of so long a run, a sentence about them), or ((), "")."""
    first = _first_instruction(trace) if (instructions or 0) > LONGEST else None
    if first is None:
        return (), ""
    return (("--until", str(first + LONGEST)),
            f"Of a long run these are the first {LONGEST:,} instructions;"
            f" analysis/report {shlex.quote(shown)} --all takes all.")


def _drawn_paths(part):
    """Of folded stacks those that are wide enough to be seen: [[path, instructions]]."""
    if "data" in part:
        stacks = [line.rpartition(" ")[::2] for line in part["data"].splitlines()]
        total = sum(int(count) for _, count in stacks)
        part["data"] = {"total": total, "paths": [[path, int(count)] for path, count in stacks
                                                  if int(count) * SMALLEST_PATH >= total]}
    return part


def _images(directory):
    """[{what, file, sha256}] of what ran, but for programs; an empty list when the run kept none."""
    try:
        with open(os.path.join(directory, "images", "images.json"), encoding="utf-8") as file:
            found = json.load(file)["images"]
    except (OSError, ValueError, KeyError):
        return []
    return [{key: image.get(key) for key in ("what", "file", "sha256")}
            for image in found if image.get("what") != "program"]


def title_of(run):
    """A run in one line, from run{} of its summary."""
    domains = run.get("domains") or []
    if len(domains) > 1:
        return f"{len(domains)} domains, {run.get('memory_mib')} MiB"
    known = [("guest", run.get("guest")), ("workload", run.get("workload")), ("mode", run.get("mode"))]
    words = [f"{what} {value}" for what, value in known if value and value != "none"]
    return ", ".join(words + ([f"{run['memory_mib']} MiB"] if run.get("memory_mib") else [])) or "a run"


def gather(directory, shown, summary, everything):
    """The data of the report. shown: the directory as a person writes it; everything: however long it takes."""
    run, trace = summary["run"], os.path.join(directory, "trace")
    shown_trace = os.path.join(shown, "trace")
    parts, calls = {}, {}
    bound, sentence = ((), "") if everything else _bound(trace, (summary.get("instructions") or {}).get("total"), shown)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (words, needs) in PARTS.items():
            why_not = _why_not(needs, run.get("trace"))
            words += bound if needs == "insn" else ()
            if why_not:
                parts[name] = {"command": _command(shown_trace, words), "missing": why_not}
            else:
                calls[name] = pool.submit(analyzed, trace, shown_trace, words)
        parts.update((name, call.result() | ({"bound": sentence} if bound and PARTS[name][1] == "insn" else {}))
                     for name, call in calls.items())
    _drawn_paths(parts["paths"])
    return {"format": 1, "kind": "run", "title": title_of(run), "directory": shown, "summary": summary,
            "images": _images(directory), "models": compare_model.weighing(), "parts": parts}
