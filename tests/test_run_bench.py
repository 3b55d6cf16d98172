"""The bench: its rows, and every operation within its budget of simulated instructions (which repeat, so this cannot
flicker)."""
import json

from conftest import ROOT, call

BENCH = ROOT / "bochs-config" / "bench"
NAMES = ["null_hypercall", "guest_fault", "event_self", "event_channel", "shadow_fill", "base_pointer",
         "pte_write", "scattered_write.oos", "written_entry.oos", "protected_entry.oos", "fill.prefetch", "fill.superpage",
         "walks_after_load", "walks_after_load.global",
         "protect_mapped_1", "protect_mapped_10", "protect_mapped_100", "protect_mapped_1000",
         "grant_map.shadow", "grant_unmap.shadow", "update_va_mapping.shadow", "mmu_update.shadow", "boot_to_guest",
         "grant_map.direct", "grant_unmap.direct", "update_va_mapping.direct", "mmu_update.direct", "pin_entry.direct",
         "direct_to_shadow", "shadow_to_direct",
         "grant_map.writable", "grant_unmap.writable", "update_va_mapping.writable", "mmu_update.writable",
         "pin_entry.writable", "disconnected_entry.writable", "emulated_write.writable",
         "domain_switch.shadow", "domain_switch.direct", "domain_switch.writable", "log_dirty.fork_cow",
         *(f"protect_mapped_{n}.1024mib" for n in (1, 10, 100, 1000)), "shadow_memory.fork_cow"]
WITHOUT_BUDGET = {"direct_to_shadow", "shadow_to_direct", "protected_entry.oos", "fill.superpage", "protect_mapped_1",
                  "protect_mapped_10", "protect_mapped_100", "protect_mapped_1000", "walks_after_load",
                  "walks_after_load.global"}


def test_operations_keep_their_budgets(built, tmp_path):
    out = tmp_path / "bench.json"
    done = call(BENCH, "--only", "operations", "--check", "--out", out)
    rows = json.loads(out.read_text())
    assert done.returncode == any(not row["ok"] for row in rows), done.stdout + done.stderr
    assert [row["name"] for row in rows] == NAMES
    for row in rows:
        assert set(row) == {"name", "value", "unit", "budget", "ok"}
        assert (row["budget"] is None) == (row["name"] in WITHOUT_BUDGET)
        assert row["value"] > 0 and row["ok"] is (row["budget"] is None or row["value"] <= row["budget"])
        assert row["ok"], row
        assert row["name"] in done.stdout


def test_wrong_options_are_refused():
    assert call(BENCH, "--pairs", "0").returncode == 2
    done = call(BENCH, "--only", "tracing", "--workload", "dance")
    assert done.returncode == 4 and "WORKLOAD=dance" in done.stderr
