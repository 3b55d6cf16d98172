"""Every cause of a TLB flush, on the machine: guests/t_flushes does each a known number of times, and the table has just
that, with the instruction that the processor was seen to execute."""
import subprocess

import pytest

from conftest import ROOT
from traces import tools

# What the guest asks for: its own requests, and with update_va_mapping three of the start (shared_info, and the two boot
# page tables that it opens for plain stores) and two of pages that become descriptor tables.
ASKED_FOR = {
    ("mmuext_tlb_flush_local", "mov_cr3"): 1, ("mmuext_invlpg_local", "invlpg"): 2,
    ("mmuext_tlb_flush_multi", "mov_cr3"): 3, ("mmuext_invlpg_multi", "invlpg"): 4,
    ("mmuext_tlb_flush_all", "mov_cr3"): 5, ("mmuext_invlpg_all", "invlpg"): 6,
    ("uvmf_tlb_flush_local", "mov_cr3"): 1, ("uvmf_invlpg_local", "invlpg"): 2 + 3 + 2,
    ("uvmf_tlb_flush_multi", "mov_cr3"): 3, ("uvmf_invlpg_multi", "invlpg"): 4,
    ("uvmf_tlb_flush_all", "mov_cr3"): 5, ("uvmf_invlpg_all", "invlpg"): 6,
    ("base_pointer_switch", "mov_cr3"): 7, ("guest_mov_cr3", "mov_cr3"): 8, ("guest_invlpg", "invlpg"): 9,
    ("flush_tlb_all", "mov_cr3"): 11, ("flush_tlb_mm", "mov_cr3"): 12,
    ("flush_tlb_range", "invlpg"): 13, ("flush_tlb_page", "invlpg"): 14,
    ("domain_switch", "mov_cr3"): 1,
}
# What the hypervisor needs: at least once
ITS_OWN = {"write_protect", "permission_removed", "shadow_freed", "descriptor_table", "map_cache"}


@pytest.fixture
def run(run_guest):
    done = run_guest("t_flushes", boot="scatter=7 pool=16")
    assert done.status == 0, done.explain()
    return done


def test_every_cause_is_counted_with_its_instruction(run):
    rows = [row for row in tools.rows(run.out / "trace", "cause,means") if row["phase"] == "run"]
    found = {(row["cause"], row["means"]): row["flushes"] for row in rows if row["flushes"]}
    assert {key: count for key, count in found.items() if key[0] not in ITS_OWN} == ASKED_FOR
    assert {cause for cause, _ in found} >= ITS_OWN
    elided = [(row["cause"], row["means"], row["elided"]) for row in rows if row["elided"]]
    assert elided == [("mmuext_tlb_flush_multi", "none", 1)]
    calls = {row["cause"]: row["calls"] for row in tools.rows(run.out / "trace", "cause") if row["calls"]}
    assert calls == {"flush_tlb_all": 11, "flush_tlb_mm": 12, "flush_tlb_range": 13, "flush_tlb_page": 14}
    assert run.summary["tlb"]["unexplained"] == 0


def test_a_control_register_write_is_matched_and_drops_nothing(run):
    done = subprocess.run([ROOT / "analysis" / "events", run.out / "trace", "--only", "flush,hw_tlb_control"],
                          capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.splitlines() if "mov_cr0" in line]
    said = [line for line in lines if "fpu_lazy" in line]
    assert len(said) == len(lines) - len(said) >= 10
    assert tools.tlb(run.out / "trace")[1]["unchanged"] == len(said)
