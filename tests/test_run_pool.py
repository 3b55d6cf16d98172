"""The smallest pool of shadow pages does the work of every workload, slowly; and who has no room for shadows is slow alone."""
import csv
import io

from conftest import ROOT, SCATTER, call


def test_the_smallest_pool_does_all_the_work(run_guest):
    run = run_guest("mini", workload="all", mode="shadow", boot=f"{SCATTER} pool=16", timeout=300)
    assert run.status == 0, run.explain()
    summary = run.summary
    assert summary["shadow"]["pool_frames"] == 16 and summary["shadow"]["pool_low_water"] == 0
    assert summary["shadow"]["reclaimed"] > 1000
    assert (summary["tlb"]["unexplained"], summary["oracle"]["violations"], summary["trace"]["lost"]) == (0, 0, 0)


def test_a_domain_without_room_harms_no_other(run_domains, tmp_path):
    file = tmp_path / "domains.txt"
    file.write_text("kernel=mini workload=fork-cow pool=16\nkernel=mini workload=fork-cow\n")
    run = run_domains(file, mode="shadow", boot=SCATTER, timeout=300)
    assert run.status == 0, run.explain()
    narrow, wide = run.summary["domains"]
    assert narrow["outcome"] == wide["outcome"] == "success"
    assert narrow["instructions"]["total"] > 2 * wide["instructions"]["total"]
    table = call(ROOT / "analysis" / "tlb", run.out / "trace", "--by", "domain,cause", "--csv")
    suffering = {line["domain"] for line in csv.DictReader(io.StringIO(table.stdout)) if line["cause"] == "shadow_freed"}
    assert suffering == {"1"}
