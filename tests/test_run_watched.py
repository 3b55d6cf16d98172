"""Whatever a privileged domain does about the log, the samples and the pool of another one (guests/t_dirty/random.c), that one's
work goes on, whatever the policy, and audits and oracle find nothing."""
import re

import pytest

from conftest import SCATTER


@pytest.mark.parametrize("words,seed", [("fork-cow policy=announce prefetch=yes", 3), ("demand-swap policy=oos prefetch=yes", 4),
                                        ("mmap-churn policy=emulate", 5)])
def test_work_goes_on(run_domains, tmp_path, words, seed):
    file = tmp_path / "domains.txt"
    file.write_text(f"kernel=t_dirty mem=16 privileged=yes cmdline=random={seed}\nkernel=mini workload={words}\n")
    run = run_domains(file, mode="shadow", boot=f"{SCATTER} audit=full", timeout=300)
    assert run.status == 0, run.explain()
    assert [domain["outcome"] for domain in run.summary["domains"]] == ["success", "success"]
    assert (run.summary["tlb"]["unexplained"], run.summary["oracle"]["violations"], run.summary["trace"]["lost"]) == (0, 0, 0)
    cleaned, sampled, pools = map(int, re.search(r"cleaned (\d+) times, sampled (\d+) times, (\d+) pools", run.console).groups())
    assert min(cleaned, sampled, pools) > 5
