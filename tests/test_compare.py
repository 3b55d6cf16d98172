"""Experiments: the file, the runs as jobs, the tables."""
import json
import shutil

import pytest

import experiment
from conftest import ROOT, call

COMPARE = ROOT / "bochs-config" / "compare"
TABLES = ROOT / "analysis" / "compare"
SMALL = """
workloads = ["nano"]
configurations = ["native", "shadow/oos"]

[words]
nano = "times=100 forks=2"
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small comparison that has been run."""
    folder = tmp_path_factory.mktemp("compare")
    (folder / "small.toml").write_text(SMALL)
    done = call(COMPARE, "--experiment", folder / "small.toml", "--out", folder / "out", timeout=600)
    assert done.returncode == 0, done.stderr
    return folder, done


def test_the_tables_say_what_each_way_costs(small):
    folder, done = small
    assert "4 of 4 runs done" in done.stderr
    assert "nano: as multiples of native" in done.stdout
    found = json.loads(call(TABLES, folder / "out", "--json").stdout)
    cells = {row["configuration"]: row for row in found["cells"]}
    assert cells["native"]["times_native"] == 1 < cells["shadow/oos"]["times_native"]
    assert cells["native"]["ring1"] == 0 == cells["native"]["hypercalls"] < cells["shadow/oos"]["hypercalls"]
    operations = {(row["operation"], row["configuration"]): row for row in found["operations"]}
    assert operations["callret", "native"]["instructions"] < 10
    assert operations["pgfault", "shadow/oos"]["times_native"] > 1.5
    assert not found["missing"]
    lines = call(TABLES, folder / "out", "--csv").stdout.splitlines()
    assert len(lines) == 1 + len(found["cells"]) + len(found["operations"])


def test_flushes_are_kept_by_cause(small):
    folder, _ = small
    results = [json.loads(path.read_text()) for path in (folder / "out" / "runs").glob("*/result.json")]
    assert all(("flushes" in result) == (result["run"]["purpose"] == "events") for result in results)
    for result in results:
        for group in result.get("flushes", {}).get("groups", []):
            assert result["summary"]["tlb"]["by_cause"].get(group["cause"], 0) == group["flushes"]
    assert sum(result["flushes"]["total"]["flushes"] for result in results if "flushes" in result) > 100


def test_what_has_been_run_is_not_run_again_and_repeats_to_the_digit(small):
    folder, first = small
    kept = {path: path.stat().st_mtime_ns for path in (folder / "out" / "runs").glob("*/result.json")}
    again = call(COMPARE, "--experiment", folder / "small.toml", "--out", folder / "out", timeout=600)
    assert again.returncode == 0 and again.stdout == first.stdout
    assert kept == {path: path.stat().st_mtime_ns for path in kept}
    one = next(iter(kept))
    before = json.loads(one.read_text())
    shutil.rmtree(one.parent)
    assert call(COMPARE, "--experiment", folder / "small.toml", "--out", folder / "out", timeout=600).returncode == 0
    after = json.loads(one.read_text())
    for result in before, after:
        result["summary"]["trace"].pop("bytes")          # of files on the host's disk
    assert before == after


def test_a_failed_run_is_reported_and_the_others_go_on(tmp_path):
    (tmp_path / "bad.toml").write_text(SMALL.replace("times=100", "times=0"))
    text = (tmp_path / "bad.toml").read_text().replace('["nano"]', '["nano", "touch"]')
    (tmp_path / "bad.toml").write_text(text.replace('["native", "shadow/oos"]', '["native"]') + 'touch = "rounds=1 pages=16"\n')
    done = call(COMPARE, "--experiment", tmp_path / "bad.toml", "--out", tmp_path / "out", timeout=600)
    assert done.returncode == 1
    assert "error: nano needs times=1" in done.stderr and "2 failed" in done.stderr
    assert "touch" in done.stdout and "runs are missing" in done.stderr


def test_modelled_cycles_are_marked(small, tmp_path):
    folder, _ = small
    done = call(TABLES, folder / "out", "--model", ROOT / "analysis" / "costs" / "netburst.toml")
    assert done.returncode == 0 and "modelled cycles" in done.stdout and "Modelled cycles: Pentium 4" in done.stdout
    plain = json.loads(call(TABLES, folder / "out", "--json", "--model",
                            ROOT / "analysis" / "costs" / "instructions.toml").stdout)
    assert all(row["modelled_cycles"] == row["instructions"] for row in plain["cells"])
    bad = tmp_path / "bad.toml"
    bad.write_text('name = "x"\nsource = "y"\n[weights]\ninstruction = 1\n')
    done = call(TABLES, folder / "out", "--model", bad)
    assert done.returncode == 2 and "walk is missing" in done.stderr


def test_results_of_another_version_are_left_out(small, tmp_path):
    folder, _ = small
    shutil.copytree(folder / "out", tmp_path / "out")
    one = sorted((tmp_path / "out" / "runs").glob("*/result.json"))[0]
    result = json.loads(one.read_text())
    result["made_of"]["build/xen/penumbra.elf"] = "0" * 64
    one.write_text(json.dumps(result))
    done = call(TABLES, tmp_path / "out")
    assert done.returncode == 4 and "1 results are of other versions" in done.stderr


@pytest.mark.parametrize("text, line, message", [
    ('workloads = ["nano"]\nconfigurations = ["sideways"]', 2, "MODE=sideways is not known; allowed: shadow"),
    ('workloads = ["nano"]\nconfigurations = ["native",\n "direct/oos"]', 3, "direct mode has no policy oos"),
    ('workloads = ["nano"]\nconfigurations = ["shadow/oos+warp"]', 2, "switch warp is not known; allowed: prefetch"),
    ('workloads = ["nano",\n "sing"]\nconfigurations = ["native"]', 2, "WORKLOAD=sing is not known"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nspeed = 3', 3, "speed is not known; allowed: guest"),
    ('workloads = ["nano"]\nconfigurations = []', 1, "configurations must be a list with something in it"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nmemory = [4]', 3, "MEM=4 is not allowed"),
    ('workloads = ["nano"', None, "(at end of document)"),
])
def test_errors_in_the_file_are_named(tmp_path, text, line, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text + "\n")
    with pytest.raises(experiment.ExperimentError) as error:
        experiment.plan(str(path))
    assert message in str(error.value)
    assert line is None or str(error.value).startswith(f"{path}:{line}: ")


def test_wrong_use(tmp_path):
    done = call(COMPARE, "--experiment", "unheard", "--out", tmp_path / "out")
    assert done.returncode == 2 and "there are: small, standard" in done.stderr
    (tmp_path / "mine").write_text("x")
    done = call(COMPARE, "--experiment", "small", "--out", tmp_path)
    assert done.returncode == 2 and "holds files that no comparison wrote" in done.stderr
    assert call(TABLES, tmp_path / "nothing").returncode == 3
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def test_the_standard_experiment_is_sound():
    plan = experiment.plan(experiment.path_of("standard"))
    assert len(plan["runs"]) == 2 * len(plan["experiment"]["workloads"]) * len(plan["experiment"]["configurations"])
