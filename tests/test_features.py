"""docs/features.md: every feature of ours stands beside a test that shows it, and the test is there."""
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT = ROOT / "tests" / "unit" / "shadow"
TABLE = (ROOT / "docs" / "features.md").read_text().split("| feature |")[1].split("\n\n")[0]
OURS = {row.split(" | ")[0].strip("| "): row.split(" | ")[1] for row in TABLE.splitlines()[2:]}


def named_in(cell):
    """The tests that a cell names: (file, function, or None for the whole file). A function without a file is in the one before."""
    file, found = None, []
    for word in re.findall(r"`([^` ]+)`", cell):
        program, _, function = word.rpartition(":")
        if word.endswith(".py"):
            file = ROOT / "tests" / f"test_{word.rpartition('/')[2].removesuffix('.py').removeprefix('test_')}.py"
        elif word.startswith("t_"):
            found.append((ROOT / "guests" / word / "main.c", None))
        elif (UNIT / f"test_{word}.c").exists():
            found.append((UNIT / f"test_{word}.c", None))
        elif program or re.match("(test|break)_", word):
            file = UNIT / f"test_{program}.c" if program else file
            found.append((file, function))
    return found


@pytest.mark.parametrize("feature", OURS)
def test_every_feature_has_a_test(feature):
    found = named_in(OURS[feature])
    assert found or re.match(r"no\b", OURS[feature])
    for file, function in found:
        assert file.exists(), file
        assert function is None or re.search(rf"(def|static void) {function}\(", file.read_text()), (file.name, function)


def test_the_table_was_read():
    assert len(OURS) >= 25 and sum(len(named_in(cell)) for cell in OURS.values()) >= 50
