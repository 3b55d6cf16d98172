"""Calling the analyzers in tests.

Callers: tests/test_analysis*.py.
"""
import csv
import io
import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 300             # for what takes a second on an idle machine

# the exit status of every analyzer
FINE, OFFENCE, USAGE, NOTHING, INCOMPLETE = range(5)


def build():
    """Make the analyzers; nothing is done when they are up to date."""
    command = ["flock", "build/.lock", "make", "--no-print-directory", "analyzers"]
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def run(tool, *arguments, **options):
    """Run an analyzer; returns the CompletedProcess with text."""
    return subprocess.run([ROOT / "analysis" / tool, *map(str, arguments)], capture_output=True, text=True, check=False,
                          timeout=TIMEOUT, **options)


def tlb(directory, *arguments):
    """(status, the JSON of analysis/tlb, what it complained about)."""
    done = run("tlb", directory, "--json", *arguments)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def summary(directory, *arguments):
    """(status, summary, complaints)."""
    done = run("summary", directory, *arguments)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


def rows(directory, by):
    """The lines of analysis/tlb --csv as dictionaries, numbers as numbers."""
    done = run("tlb", directory, "--csv", "--by", by)
    assert done.returncode == FINE, done.stderr
    lines = csv.DictReader(io.StringIO(done.stdout))
    return [{key: int(value) if key not in ("phase", "cause", "means", "domain", "process") else value
             for key, value in line.items()} for line in lines]
