"""Requests of a privileged domain at random (guests/t_control/random.c): domains are made, begun and destroyed in the
middle of everything. Those that run die of their first fetch; the privileged one finds every frame free again, and neither audit nor
oracle finds anything wrong."""
import re

import pytest

import verdict
from conftest import ROOT, RUN, call

OUTCOMES = verdict.outcome_numbers(ROOT)


@pytest.mark.parametrize("mode,seed", [("shadow", 2), ("direct", 5)])
def test_nothing_breaks_and_nothing_stays(built, tmp_path, mode, seed):
    described, out = tmp_path / "domains.txt", tmp_path / "run"
    described.write_text(f'kernel=t_control mem=16 privileged=yes cmdline="random=4000 seed={seed}"\n')
    done = call(RUN, "--domains", described, "--mode", mode, "--trace", "off", "--boot", f"scatter={seed} audit=full", "--out", out)
    console = (out / "console.log").read_text()
    assert done.returncode == OUTCOMES["success"], done.stdout[-3000:]
    assert re.search(r"^(\(d0\) )?2 checks, 0 failed$", console, re.MULTILINE), console[-3000:]
    assert console.count("it was destroyed by the privileged domain") > 50
