"""The answers of some thousands of hypercalls with edge-case arguments (guests/t_answers), compared row by row with the file
answers.txt beside the guest, in each paging mode."""
import re

import pytest

from conftest import ROOT

EXPECTED = ROOT / "guests" / "t_answers" / "answers.txt"
LEAST = 4000


def rows(text):
    """{label: results} of lines "label: results", comments cut off."""
    found = {}
    for line in text.splitlines():
        line = line.partition("#")[0].rstrip()
        label, colon, results = line.rpartition(": ")
        if colon and not line.startswith("Penumbra"):
            assert label not in found, f"two rows are called {label}"
            found[label] = results
    return found


def count(results):
    return sum(int(word.partition("*")[2] or 1) for word in results.split())


def test_each_row_has_a_source():
    lines = [line for line in EXPECTED.read_text().splitlines() if not line.startswith("#")]
    assert all(re.search(r"  # (ours: |Xen 3\.\d|<xen/)", line) for line in lines)


@pytest.mark.parametrize("mode", ["shadow", "writable", "direct"])
def test_answers(run_guest, mode):
    run = run_guest("t_answers", mode=mode, trace="off")
    assert run.status == 0, run.explain()
    expected, got = rows(EXPECTED.read_text()), rows(run.console)
    assert got == expected
    asked = int(re.search(r"^(\d+) answers$", run.console, re.MULTILINE)[1])
    assert asked == sum(count(results) for results in got.values()) >= LEAST
