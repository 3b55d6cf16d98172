"""The verdict on a run: from how Bochs ended, what the agent noted and what the analysis found, to one outcome and
where to look.

Rules: the gravest finding wins: the run was not let finish; the hypervisor panicked; an oracle found a violation;
records were lost; what the guest itself said, of several the gravest (the hypervisor reports it); the analysis could
not read the trace. Outcome names and numbers are the schema's. Callers: run; its tests.
"""
import dataclasses
import os
import signal
import tomllib

CONSOLE = "console.log"
TRACE = "trace"


@dataclasses.dataclass
class Verdict:
    """outcome: its name in the schema; reason: a few words, or empty; look: a file or directory of the output
    directory, or empty."""
    outcome: str
    reason: str = ""
    look: str = ""


@dataclasses.dataclass
class Findings:
    """What is known at the end of a run; None where a part is missing."""
    ending: object                        # emulator.Ending
    status: dict | None                   # what the agent wrote
    summary: dict | None                  # what the analysis made of it
    trouble: str = ""                     # why the analysis failed, or empty
    complaint: str = ""                   # the agent's or Bochs's own last complaint, or empty


def outcome_numbers(root):
    """Name to exit status, from the schema."""
    with open(os.path.join(root, "trace", "schema.toml"), "rb") as file:
        return tomllib.load(file)["enum"]["outcome"]["values"]


def counted(number, one, many):
    return f"{number} {one if number == 1 else many}"


def _not_let_finish(findings, timeout):
    ending = findings.ending
    if ending.how == "interrupted":
        return Verdict("interrupted", "ended on request", CONSOLE)
    if ending.how == "timeout":
        return Verdict("timeout", f"no end within {counted(timeout, 'second', 'seconds')}", CONSOLE)
    if ending.how == "signalled":
        return Verdict("error", f"Bochs was killed by {signal.Signals(ending.number).name}", "machine/bochs.out")
    if findings.status is None or findings.status.get("outcome") is None:
        why = findings.complaint or f"Bochs ended with status {ending.number} before the guest did"
        return Verdict("error", why, "machine/bochs.out")
    return None


def _violation(findings):
    summary = findings.summary or {}
    unexplained = (summary.get("tlb") or {}).get("unexplained") or 0
    violations = max((found.get("oracle") or {}).get("violations") or 0 for found in (summary, findings.status))
    if violations:
        return Verdict("violation", f"{counted(violations, 'violation', 'violations')} found by an oracle", TRACE)
    if unexplained:
        return Verdict("violation", counted(unexplained, "unexplained TLB flush", "unexplained TLB flushes"), TRACE)
    return None


def _lost(findings):
    status = findings.status
    handed_over = (status.get("lost") or 0) + (status.get("bad") or 0)      # bad: handed over, but no records
    lost = max(((findings.summary or {}).get("trace") or {}).get("lost") or 0, handed_over)
    return Verdict("lost", f"{counted(lost, 'record', 'records')} lost", TRACE) if lost else None


def _culprits(status, outcome):
    """Of several domains, which ended with the run's outcome, and what is said of the first; empty with one domain."""
    domains = status.get("domains") or []
    found = [domain for domain in domains if domain.get("outcome") == outcome]
    if len(domains) < 2 or not found:
        return ""
    others = f", and {counted(len(found) - 1, 'other', 'others')}" if found[1:] else ""
    text = f": {found[0]['text']}" if found[0].get("text") else ""
    return f"domain {found[0]['id']}{others}{text}"


def decide(findings, timeout):
    """The Verdict on a run with the agent. timeout: the seconds that it was given."""
    early = _not_let_finish(findings, timeout)
    if early:
        return early
    said = findings.status["outcome"]
    if "panic" in (said, findings.status.get("reported")):
        return Verdict("panic", findings.status.get("text") or "the hypervisor could not go on", CONSOLE)
    grave = _violation(findings) or _lost(findings)
    if grave:
        return grave
    if said not in ("success", "skip"):
        return Verdict(said, findings.status.get("text") or _culprits(findings.status, said), CONSOLE)
    if findings.trouble:
        return Verdict("error", findings.trouble, TRACE)
    return Verdict(said)


def last_line(verdict, out):
    """The line that ends a run."""
    text = f"outcome: {verdict.outcome}"
    if verdict.reason:
        text += f" ({verdict.reason})"
    if verdict.look:
        return f"{text} - see {os.path.join(out, verdict.look)}"
    return f"{text} - all results are in {out}"
