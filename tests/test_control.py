"""What becomes of a domain that the privileged one has built (guests/t_control/run.c) and that nobody destroys."""
import re

import pytest

import verdict
from conftest import ROOT, SCATTER

KERNEL = ROOT / "build" / "guests" / "t_built" / "t_built.elf"


@pytest.mark.parametrize("word", ["ended", "running"])
@pytest.mark.parametrize("mode", ["shadow", "direct"])
def test_a_domain_outlives_the_one_that_built_it_no_longer_than_it_runs(run_domains, tmp_path, mode, word):
    file = tmp_path / "domains.txt"
    file.write_text(f"kernel=t_control mem=16 privileged=yes ramdisk={KERNEL} cmdline=leave={word}\n", encoding="utf-8")
    run = run_domains(file, mode=mode, boot=f"{SCATTER} audit=full")
    assert run.status == verdict.outcome_numbers(ROOT)["success"], run.explain()
    assert re.search(r"^\(d1\) \d+ checks, 0 failed$", run.console, re.MULTILINE), run.console
    assert [(domain["id"], domain["reason"]) for domain in run.summary["domains"]] == [(0, "poweroff"), (1, "poweroff")]
    assert (run.summary["tlb"]["unexplained"], run.summary["oracle"]["violations"]) == (0, 0)
