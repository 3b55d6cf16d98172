"""The shadow engine with tables of four entries, in every state that a few moves can lead to (tests/unit/small/).

SMALL_DEPTH in the environment, such as "3 1 26", replaces the bounds of the search: moves, those of them with another vcpu's
turns, log2 of how many states there is room for, how many of the beginnings. `make small DEPTH="3 1 26"` does the same.
"""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHADOW = ROOT / "shadow"
DONE = re.compile(r"^small: (\d+) states, (\d+) transitions", re.MULTILINE)

MUTATIONS = {
    # a function of the engine with a mistake; the bounds that suffice to find it; what is found
    "F2": ("protect.c", "    forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);", "", "2 0", "S4, F2: "),
    "F4": ("pool.c", "list_push(shadow, LIST_QUARANTINE, page)", "list_push(shadow, LIST_FREE, page)", "3 0", "S3, S8: "),
    "F6": ("flush.c", "if (shadow->stale & LOST_SPLINTER)", "if (0)", "2 0", "S3, S8: "),
    "O4": ("oos.c", "if (shadows[i] != 0) {", "if (shadows[i] == 1) {", "2 0", "the audit finds something"),
    "W5": ("dirty.c", "forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);", "", "2 0", "W1, W5: "),
    "A2": ("set.c", "note_used(shadow, old); /* A2 */", "", "2 0", "A2, A3: "),
    "A3": ("sample.c", "any || shadow->stale != 0", "any && 0", "2 0", "A2, A3: "),
    "policy": ("policy.c", "page->kind == KIND_L2) {\n            set_sync", "shadow == NULL) {\n            set_sync", "2 0", ""),
    "S11": ("walk.c", "if (!guest_entry_swap(entry, *seen, *seen | bits)) {", "*entry = *seen | bits; if (0) {", "2 2", "S11: "),
}


def build(*words):
    """Build the search under the lock that every build takes."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", *words, "small"], cwd=ROOT, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"


def with_a_mistake(directory, file, what, by):
    """A source of the engine in which a text has become another one, in a directory."""
    text = (SHADOW / file).read_text()
    assert text.count(what) == 1
    (directory / file).write_text(text.replace(what, by))
    return directory / file


def search(program, bounds):
    """Run it: what it printed, and its status."""
    done = subprocess.run([program, *bounds.split()], capture_output=True, text=True, timeout=36000, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("bounds,least", [("3 0", 1_500_000), ("2 1", 500_000), ("2 2 25 1", 500_000)])
def test_every_state(bounds, least):
    """No state within the bounds breaks a rule, and there are as many as there should be."""
    build()
    status, text = search(ROOT / "build" / "unit" / "small", os.environ.get("SMALL_DEPTH", bounds))
    print(text)
    assert status == 0, text
    assert int(DONE.search(text).group(1)) > least


@pytest.mark.parametrize("rule", MUTATIONS)
def test_finds_a_mistake(tmp_path, rule):
    """With a mistake in the engine there is a state that breaks a rule; the moves that lead to it are shown."""
    file, what, by, bounds, found = MUTATIONS[rule]
    build(f"SMALL_INSTEAD={with_a_mistake(tmp_path, file, what, by)}", f"SMALL_PROGRAM={tmp_path}/small")
    status, text = search(tmp_path / "small", bounds)
    assert status == 1 and text.splitlines()[-1].startswith(found), text
    assert "from beginning" in text
