"""The analyzers, called on a finished run: tables for the terminal, tlb.csv and the facts of summary.json.

Rules: what could be read is kept even when something could not. The analyzers' exit status: 0 fine, 1 an oracle found
something, 2 wrong use, 3 nothing readable, 4 incomplete. Callers: runner and compare beside this file.
"""
import hashlib
import json
import os
import subprocess

from output import write_whole

FINE, FOUND, INCOMPLETE = 0, 1, 4
DOMAIN_NUMBERS = ["flushes", "walks", "hypercalls", "upcalls", "exceptions", "switches"]
MOST_DOMAIN_LINES = 24


class Analysis:
    """What the analyzers said of one run."""

    def __init__(self, root, out, trouble=""):
        """trouble: what went wrong before; the first trouble is the one to tell."""
        self.root = root
        self.out = out
        self.trouble = trouble

    def _call(self, name, *arguments):
        """Standard output of an analyzer; its complaint is remembered when it failed."""
        try:
            program = os.path.join(self.root, "analysis", name)
            done = subprocess.run([program, *arguments], capture_output=True, check=False)
        except OSError as error:
            self.trouble = self.trouble or f"analysis/{name}: {error.strerror}; run 'make build'"
            return ""
        if done.returncode not in (FINE, FOUND) and not self.trouble:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            self.trouble = lines[-1] if lines else f"analysis/{name} ended with status {done.returncode}"
        if done.returncode in (FINE, FOUND, INCOMPLETE):
            return done.stdout.decode(errors="replace")
        return ""

    def summary(self, facts, status_file, with_trace):
        """The summary as a dictionary, or None. facts: keys of its run{} part, and outcome when the guest did not
        decide it."""
        arguments = [self.out.file("trace")] if with_trace else []
        if os.path.exists(status_file):
            arguments += ["--status", status_file]
        if not arguments:
            return None                   # Bochs was killed in a run without a trace: nobody knows anything
        for key, value in facts.items():
            arguments += [] if value is None else ["--fact", f"{key}={value}"]
        text = self._call("summary", *arguments)
        try:
            return json.loads(text) if text else None
        except ValueError:
            self.trouble = self.trouble or "analysis/summary printed something that is not JSON"
            return None

    def tables(self):
        """Write tlb.csv; returns the table for the terminal."""
        csv = self._call("tlb", self.out.file("trace"), "--csv")
        if csv:
            write_whole(self.out.file("tlb.csv"), csv)
        return self._call("tlb", self.out.file("trace"))


def html(root, directory):
    """Write report.html in the directory of a run or a comparison; returns the line about it, or why there is none,
    with the line's end."""
    try:
        done = subprocess.run([os.path.join(root, "analysis", "report"), directory], capture_output=True, text=True,
                              check=False)
    except OSError as error:
        return f"no HTML report: analysis/report: {error.strerror}\n"
    return done.stdout or done.stderr


def file_sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def switch_table(summary):
    """The switches of the paging mode as a small table with a blank line before and after; empty when there was none."""
    switches = summary.get("switches") or {}
    if not switches.get("count") and not switches.get("refused"):
        return ""
    rows = [("mode switch", "switches", "least instructions", "most", "page walks to the next flush")]
    for kind, found in switches["by_kind"].items():
        rows.append((kind, *(f"{found[key]:,}" for key in ("count", "least", "most", "walks"))))
    if switches["refused"]:
        rows.append(("refused", f"{switches['refused']:,}", "", "", ""))
    return "\n" + "\n".join(aligned(rows, 1)) + "\n\n"


def domain_table(summary):
    """A line for each of the first domains with a blank line after them, without columns of which nothing is known;
    empty when there is one domain."""
    domains = summary.get("domains") or []
    if len(domains) < 2:
        return ""
    keys = [key for key in DOMAIN_NUMBERS if any(found[key] is not None for found in domains)]
    rows = [("domain", "mode", "outcome", "instructions", "ring 0", "ring 1", "ring 3", *keys)]
    for found in domains[:MOST_DOMAIN_LINES]:
        numbers = [*found["instructions"].values(), *(found[key] for key in keys)]
        rows.append((str(found["id"]), found["mode"] or "unknown", found["outcome"] or "not ended",
                     *("unknown" if number is None else f"{number:,}" for number in numbers)))
    more = len(domains) - MOST_DOMAIN_LINES
    rest = f"and {more:,} more: summary.json has them\n" if more > 0 else ""
    return "\n" + "\n".join(aligned(rows, 3)) + f"\n{rest}\n"


def aligned(rows, texts):
    """The rows as lines; the first so many columns are aligned to the left."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return ("  ".join(cell.ljust(width) if column < texts else cell.rjust(width)
                      for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


def page_tables(summary):
    """The line about the guest's page tables in direct and writable mode; empty when the guest was in neither."""
    counters = summary.get("mmu") or {}
    left_shadow = (summary.get("switches") or {}).get("count") or summary["run"]["mode"] != "shadow"
    if not left_shadow or all(value is None for value in counters.values()):
        return ""
    number = {name: "unknown" if value is None else f"{value:,}" for name, value in counters.items()}
    return (f"page tables   validated: {number['l1_validated']} L1, {number['l2_validated']} L2;"
            f" updates: {number['l1_updates']} L1, {number['l2_updates']} L2; refused: {number['refused']};"
            f" disconnects: {number['disconnects']}\n")


def overview(summary):
    """A few lines for the terminal."""
    def number(*keys):
        value = summary
        for key in keys:
            value = (value or {}).get(key)
        return "unknown" if value is None else f"{value:,}"
    rings = ", ".join(f"ring {ring}: {number('instructions', f'ring{ring}')}" for ring in (0, 1, 3))
    return (switch_table(summary) + domain_table(summary) +
            f"instructions  {number('instructions', 'total')} ({rings})\n"
            f"TLB flushes   {number('tlb', 'flushes')}, unexplained: {number('tlb', 'unexplained')};"
            f" page walks: {number('tlb', 'walks')}\n"
            + page_tables(summary) +
            f"oracle        {number('oracle', 'checks')} checks, {number('oracle', 'violations')} violations\n"
            f"trace         {number('trace', 'events')} events, {number('trace', 'lost')} lost,"
            f" {number('trace', 'bytes')} bytes\n")
