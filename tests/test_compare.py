"""Experiments: the file, the runs as jobs, the tables."""
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

import experiment
import options
from conftest import COMPARISON, LONGEST_WAIT, ROOT, call, wait_until

sys.path.insert(1, str(ROOT / "analysis"))
import compare_columns  # noqa: E402
import compare_model  # noqa: E402
import compare_rows  # noqa: E402
import compare_table  # noqa: E402

COMPARE = ROOT / "bochs-config" / "compare"
TABLES = ROOT / "analysis" / "compare"
# one set of results for all of them
pytestmark = pytest.mark.xdist_group("compare")


def test_the_tables_say_what_each_way_costs(small):
    folder, done = small
    assert "6 of 6 runs done" in done.stderr
    assert "nano: as multiples of native" in done.stdout
    found = json.loads(call(TABLES, folder / "out", "--json").stdout)
    cells = {row["configuration"]: row for row in found["cells"]}
    assert cells["native"]["times_native"] == 1 < cells["shadow/oos"]["times_native"]
    assert cells["native"]["ring1"] == 0 == cells["native"]["hypercalls"] < cells["shadow/oos"]["hypercalls"]
    operations = {(row["operation"], row["configuration"]): row for row in found["operations"]}
    assert operations["callret", "native"]["instructions"] < 10
    assert operations["pgfault", "shadow/oos"]["times_native"] > 1.5
    assert not found["missing"]
    assert cells["shadow/oos"]["pte_writes"] > cells["shadow/oos"]["emulated_writes"] > 0 and cells["native"]["pte_writes"] is None
    for cell in cells.values():
        assert sum(count for name, count in cell.items() if name.startswith("flushes.")) == cell["flushes"]
        assert 0 < sum(count for name, count in cell.items() if name.startswith("walks.")) <= cell["walks"]
        assert 0 < sum(count for name, count in cell.items() if name.startswith("refills.")) < cell["tlb_misses"]
        assert 0 < cell["flushes_saved"] < cell["flushes"] and cell["walks_saved"] < cell["tlb_misses"]
    assert cells["shadow/oos"]["hypercalls.multicall"] > 10 and "hypercalls.multicall" not in cells["native"]
    assert "what tags of address spaces (PCID) would save" in done.stdout
    assert re.search(r"^base_pointer_switch +[0-9,]+ +[0-9,]+$", call(TABLES, folder / "out", "--by", "cause").stdout, re.M)
    assert re.search(r"^mmuext_op +\. +[0-9,]+$", call(TABLES, folder / "out", "--by", "hypercall").stdout, re.M)
    lines = call(TABLES, folder / "out", "--csv").stdout.splitlines()
    assert len(lines) == 1 + len(found["cells"]) + len(found["operations"])


def test_a_multiple_is_rounded_once():
    """fork-cow under shadow/emulate: 2.22496."""
    assert compare_table.text_of(compare_rows.multiple(36533355, 16419772)) == "2.22"
    assert compare_rows.multiple(3, 2) == 1.5 and compare_rows.multiple(3, 0) is None and compare_rows.multiple(3, None) is None


def test_the_tables_of_operations_say_of_which_cell_they_are(capsys):
    def row(memory, seed, instructions):
        return {"workload": "nano", "configuration": "direct", "memory_mib": memory, "seed": seed, "phase_us": 0, "operation": "in",
                "instructions": instructions, "times_native": None}

    compare_table.write_operations([row(32, 1, 10.0), row(32, 2, 11.0), row(64, 1, 12.0), row(64, 2, 13.0)], sys.stdout)
    printed = capsys.readouterr().out
    assert "nano: instructions of one operation, of the first: 32 MiB, seed 1; --csv has the others\n" in printed
    assert "10.00" in printed and "11.00" not in printed
    compare_table.write_operations([row(32, 1, 10.0)], sys.stdout)
    assert "nano: instructions of one operation\n" in capsys.readouterr().out


def test_the_overview_has_every_workload_in_a_row(capsys):
    def row(workload, configuration, instructions, multiple, seed=1):
        return {"workload": workload, "configuration": configuration, "memory_mib": 64, "seed": seed, "phase_us": 0,
                "instructions": instructions, "times_native": multiple}

    compare_table.write_overview([row("touch", "native", 10, 1.0), row("touch", "direct", 15, 1.5), row("build", "native", 20, 1.0),
                                  row("linux", "direct", 1234567, None)], sys.stdout)
    printed = capsys.readouterr().out
    assert printed == """
all workloads: instructions as multiples of native
workload  native  direct
touch       1.00    1.50
build       1.00       .

workloads that the bare machine has not run: instructions
workload     direct
linux     1,234,567
"""
    compare_table.write_overview([row("touch", "native", 10, 1.0), row("touch", "direct", 15, 1.5, 2)], sys.stdout)
    assert "as multiples of native, of the first: seed 1; --csv has the others\n" in capsys.readouterr().out


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
    (tmp_path / "bad.toml").write_text(COMPARISON.replace("times=100", "times=0"))
    text = (tmp_path / "bad.toml").read_text().replace('["nano"]', '["nano", "touch"]')
    (tmp_path / "bad.toml").write_text(text.replace('["native", "shadow/oos"]', '["native"]') + 'touch = "rounds=1 pages=16"\n')
    done = call(COMPARE, "--experiment", tmp_path / "bad.toml", "--out", tmp_path / "out", timeout=600)
    assert done.returncode == 1
    assert "error: nano needs times=1" in done.stderr and "2 failed" in done.stderr
    assert "touch" in done.stdout and "runs are missing" in done.stderr


def test_modelled_cycles_are_marked(small):
    folder, _ = small
    done = call(TABLES, folder / "out", "--model", ROOT / "analysis" / "costs" / "netburst.toml")
    assert done.returncode == 0 and "modelled cycles" in done.stdout and "Modelled cycles: Pentium 4" in done.stdout
    rows = {row["configuration"]: row for row in json.loads(call(TABLES, folder / "out", "--json").stdout)["cells"]}
    native, shadow = rows["native"], rows["shadow/oos"]
    assert native["crossings"] == native["entries"] and shadow["crossings"] > shadow["entries"] + 100, "system calls go to ring 1"
    plain = json.loads(call(TABLES, folder / "out", "--json", "--model",
                            ROOT / "analysis" / "costs" / "instructions.toml").stdout)
    assert all(row["modelled_cycles"] == row["instructions"] for row in plain["cells"])


@pytest.mark.parametrize("file", sorted((ROOT / "analysis" / "costs").glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_model_is_sound(file):
    described = compare_model.read(file).described
    assert described["weights"]["instruction"] == 1 and (file.stem == "instructions" or "assumed" in described["source"])


GOOD = 'name = "x"\nsource = "y"\n[weights]\ninstruction = 1\nwalk = 2\nring_crossing = 3\nwhole_flush = 4\npage_flush = 5\n'


@pytest.mark.parametrize("old, new, said", [
    ("walk = 2\n", "", "walk is missing"),
    ("walk = 2", "walk = -2", "walk = -2 is not allowed"),
    ("walk = 2", "walk = inf", "walk = inf is not allowed"),
    ("walk = 2", "walk = nan", "walk = nan is not allowed"),
    ("walk = 2", "walk = true", "walk = True is not allowed"),
    ("walk = 2", "walk = 2\nspeed = 1", "speed is not known"),
    ('"x"', "3", "name is missing or not a text"),
    (GOOD, 'name = "x"\nsource = "y"\nweights = 3', "instruction is missing"),
    (GOOD, "name =", "Invalid value"),
])
def test_a_wrong_model_is_refused(small, tmp_path, old, new, said):
    folder, _ = small
    (tmp_path / "bad.toml").write_text(GOOD.replace(old, new))
    done = call(TABLES, folder / "out", "--model", tmp_path / "bad.toml")
    assert done.returncode == 2 and said in done.stderr and "bad.toml" in done.stderr, done.stderr


def test_results_of_another_version_are_left_out(small, tmp_path):
    folder, _ = small
    shutil.copytree(folder / "out", tmp_path / "out")
    one = sorted((tmp_path / "out" / "runs").glob("*/result.json"))[0]
    result = json.loads(one.read_text())
    result["made_of"]["build/xen/penumbra.elf"] = "0" * 64
    one.write_text(json.dumps(result))
    done = call(TABLES, tmp_path / "out")
    assert done.returncode == 4 and "1 results are of other versions" in done.stderr


@pytest.mark.parametrize("purpose", ["cost", "events", "tlb"])
def test_a_run_that_is_missing_takes_its_figures_along_and_no_others(small, tmp_path, purpose):
    folder, _ = small
    shutil.copytree(folder / "out", tmp_path / "out")
    one, = (tmp_path / "out" / "runs").glob(f"nano-shadow-oos-*-{purpose}-*")
    shutil.rmtree(one)
    for options in [], ["--csv"], ["--json"], ["--by", "cause"], ["--by", "hypercall"]:
        done = call(TABLES, tmp_path / "out", *options)
        assert done.returncode == 4 and done.stderr == f"compare: 1 of 6 runs are missing, the first: {one.name}\n", done.stderr
    assert call(ROOT / "analysis" / "report", tmp_path / "out").returncode == 0


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"made_of": {}, "run": {}}', None])
def test_a_damaged_result_is_left_out_and_named(small, tmp_path, text):
    folder, _ = small
    shutil.copytree(folder / "out", tmp_path / "out")
    one, = (tmp_path / "out" / "runs").glob("nano-shadow-oos-*-cost-*/result.json")
    if text is None:
        result = json.loads(one.read_text())
        result["summary"]["domains"] = []
        text = json.dumps(result)
    one.write_text(text)
    done = call(TABLES, tmp_path / "out")
    assert done.returncode == 4 and f"1 results are damaged: remove them and compare again; the first: {one.parent.name}" in done.stderr
    assert "native" in done.stdout
    assert call(ROOT / "analysis" / "report", tmp_path / "out").returncode == 0


@pytest.mark.parametrize("text", ["[]", '{"format": 3}', '{"format": 3, "runs": {"x": {}}}'])
def test_a_damaged_plan_is_refused(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    done = call(TABLES, tmp_path)
    assert done.returncode == 3 and done.stderr.startswith(f"error: {tmp_path}/plan.json"), done.stderr


def test_tables_that_cannot_be_written_are_told(small):
    folder, _ = small
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([TABLES, folder / "out"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 5 and done.stderr == "error: standard output: No space left on device\n"


def test_a_comparison_of_an_older_version_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text('{"format": 1, "runs": {}}')
    done = call(TABLES, tmp_path)
    assert done.returncode == 3 and "plan.json has format 1; this tool reads format 3: make the comparison again" in done.stderr


REPEATED = """
workloads = ["touch"]
configurations = ["native", "direct"]
memory = [16, 24]
repeats = 2

[words]
touch = "rounds=1 pages=16"
"""


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    """A comparison of which each run was done twice."""
    folder = tmp_path_factory.mktemp("repeated")
    (folder / "repeated.toml").write_text(REPEATED)
    done = call(COMPARE, "--experiment", folder / "repeated.toml", "--out", folder / "out", timeout=600)
    assert done.returncode == 0 and "16 of 16 runs done" in done.stderr, done.stderr
    return folder / "out"


def test_repeats_are_the_same_and_memory_is_the_machines(repeated):
    done = call(TABLES, repeated, "--json")
    assert done.returncode == 0 and not done.stderr
    cells = json.loads(done.stdout)["cells"]
    assert [(cell["configuration"], cell["memory_mib"]) for cell in cells] == [
        ("native", 16), ("native", 24), ("direct", 16), ("direct", 24)]
    for cell in cells:
        assert cell["times_native"] is not None
    assert cells[0]["ring0"] < cells[1]["ring0"] and cells[0]["ring3"] == cells[1]["ring3"]


@pytest.mark.parametrize("keys, value, said", [
    (["instructions", "total"], 1, "events, repeats 1 and 2: summary.instructions.total is"),
    (["domains", 0, "hypercalls_by_name", "mmu_update"], 0, "summary.domains.0.hypercalls_by_name.mmu_update is"),
    (["tlb", "unexplained"], 3, "3 flushes unexplained"),
    (["oracle", "violations"], 2, "2 violations"),
    (["trace", "lost"], 1, "1 records lost"),
    (["outcome"], "failure", "outcome failure"),
])
def test_a_doctored_result_is_told(repeated, tmp_path, keys, value, said):
    shutil.copytree(repeated, tmp_path / "out", ignore=shutil.ignore_patterns("run"))
    one, = (tmp_path / "out" / "runs").glob("touch-direct-16-*-events-2-*/result.json")
    result = json.loads(one.read_text())
    place = result["summary"]
    for key in keys[:-1]:
        place = place[key]
    assert place[keys[-1]] != value
    place[keys[-1]] = value
    one.write_text(json.dumps(result))
    done = call(TABLES, tmp_path / "out")
    assert done.returncode == 4 and said in done.stderr and "touch direct 16" in done.stderr, done.stderr
    done = call(COMPARE, "--experiment", repeated.parent / "repeated.toml", "--out", tmp_path / "out")
    assert done.returncode == 1 and said in done.stderr


KERNEL = """
workloads = ["touch"]
configurations = ["native", "direct"]
if_present = ["hello"]

[words]
touch = "rounds=1 pages=16"

[kernels.hello]
kernel = "hello.elf"
says = "SAYS"
configurations = ["direct"]
"""


def third_party(tmp_path, says, text=KERNEL, present=True):
    (tmp_path / "kernel.toml").write_text(text.replace("SAYS", says))
    if present:
        shutil.copy(ROOT / "build" / "guests" / "t_hello" / "t_hello.elf", tmp_path / "hello.elf")
    return call(COMPARE, "--experiment", tmp_path / "kernel.toml", "--out", tmp_path / "out", timeout=600,
                env=os.environ | {"THIRD_PARTY_GUESTS": str(tmp_path)})


def test_a_kernel_of_others_is_one_more_workload(small, tmp_path):
    done = third_party(tmp_path, "outcome")
    assert done.returncode == 1 and "its console never said 'outcome'" in done.stderr
    assert "4 of 6 runs done, 0 running, 2 failed" in done.stderr
    (tmp_path / "kernel.toml").unlink()
    done = third_party(tmp_path, "hello")
    assert done.returncode == 0 and "6 of 6 runs done" in done.stderr, done.stderr
    assert re.search(r"\nhello\n.*\ndirect .*\nno multiples: there is no cell of the bare machine", done.stdout)


def test_a_kernel_that_is_not_there(small, tmp_path):
    done = third_party(tmp_path, "hello", present=False)
    assert done.returncode == 0 and f"compare: kernel hello is left out: {tmp_path}/hello.elf is not there" in done.stderr
    named = KERNEL.replace('["touch"]', '["touch",\n "hello"]').replace('if_present = ["hello"]', "")
    done = third_party(tmp_path, "hello", named, present=False)
    assert done.returncode == 2 and f"kernel.toml:3: kernel hello: {tmp_path}/hello.elf is not there" in done.stderr
    done = call(COMPARE, "--experiment", tmp_path / "kernel.toml", "--out", tmp_path / "out",
                env=os.environ | {"THIRD_PARTY_GUESTS": ""})
    assert done.returncode == 2 and "THIRD_PARTY_GUESTS names no folder with hello.elf" in done.stderr


def test_a_run_that_ends_with_a_text(small, tmp_path):
    text = KERNEL.replace('says = "SAYS"', 'until = "SAYS"').replace("hello.elf", "./spin.elf").replace('["touch"]', '["hello"]').replace(
        'if_present = ["hello"]', "timeout = 60").replace('[words]\ntouch = "rounds=1 pages=16"\n', "")
    shutil.copy(ROOT / "build" / "guests" / "t_spin" / "t_spin.elf", tmp_path / "spin.elf")
    done = third_party(tmp_path, "spinning", text)
    assert done.returncode == 0 and "2 of 2 runs done" in done.stderr, done.stderr


def test_seeds_and_phases_are_cells(tmp_path):
    (tmp_path / "many.toml").write_text('workloads = ["touch"]\nconfigurations = ["native", "shadow-global+superpages"]\n'
                                        "seeds = [1, 2]\nphases = [0, 2500]\nrepeats = 3\n")
    runs = experiment.plan(str(tmp_path / "many.toml"))["runs"].values()
    assert len(runs) == (1 + 2 * 2) * 2 * 3
    boots = {run["arguments"][run["arguments"].index("--boot") + 1] for run in runs if run["configuration"] != "native"}
    assert "classes=all audit=off scatter=2 phase=2500" in boots and "classes=marker audit=off scatter=1" in boots
    for run in runs:
        words = " ".join(run["arguments"])
        assert ("--global no --superpages yes" in words) == (run["configuration"] != "native")


def test_the_columns_are_those_of_the_documentation():
    text = (ROOT / "docs" / "experiments.md").read_text()
    for column in compare_columns.COLUMNS + compare_columns.FAMILIES:
        line = f"| `{column.name}` | {column.type} | {column.unit} | {column.meaning} |"
        assert line in text, line


@pytest.mark.parametrize("text, line, message", [
    ('workloads = ["nano"]\nconfigurations = ["sideways"]', 2, "MODE=sideways is not known; allowed: shadow"),
    ('workloads = ["nano"]\nconfigurations = ["native",\n "direct/oos"]', 3, "direct mode has no policy oos"),
    ('workloads = ["nano"]\nconfigurations = ["shadow/oos+warp"]', 2, "switch warp is not known; allowed: prefetch"),
    ('workloads = ["nano",\n "sing"]\nconfigurations = ["native"]', 2, "WORKLOAD=sing is not known"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nspeed = 3', 3, "speed is not known; allowed: guest"),
    ('workloads = ["nano"]\nconfigurations = []', 2, "configurations must be a list with something in it"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nmemory = [4]', 3, "memory: 4 is not allowed: a whole number of MiB from 8"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nmemory = [64]\nseeds = [6, -4]', 4, "seeds: -4 is not allowed: a whole number from 0"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nphases = [\n 7,\n 7]', 4, "phases: 7 is there twice"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nphases = [0.5]', 3, "a whole number of microseconds from 0 to 1000000"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nrepeats = 0', 3, "repeats: 0 is not allowed: a whole number of times from 1"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\ntimeout = "long"', 3, "timeout must be a whole number"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\ntlb = ["touch"]', 3, "tlb: touch is not among workloads; there are: nano"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nguest = "tiny"', 3, "guest=tiny is not known; there are: bench"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nif_present = ["linux"]', 3, "there is no table kernels.linux"),
    ('workloads = ["nano", 3]\nconfigurations = ["native"]', 1, "workloads: 3 is not a text"),
    ('workloads = ["nano"]\nconfigurations = ["shadow+global-global"]', 2, "switch global is there twice"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\n[words]\ntouch = "rounds=1"', 4, "words.touch: that workload is not among"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\n[kernels.x]\nkernel = "x"\nspeed = 3', 5, "kernels.x.speed is not known; allowed: kernel,"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\n[kernels.x]\nramdisk = "x"', 3, "kernels.x.kernel is missing"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\n[kernels.x]\nkernel = "x"\nconfigurations = ["direct",\n"sideways"]', 6,
     "MODE=sideways is not known"),
    ('workloads = ["nano",\n ""]\nconfigurations = ["native"]', 1, "workloads: an empty text is not allowed"),
    ('workloads = ["x"]\nconfigurations = ["direct"]\n[kernels.x]\nkernel = ""', 4, "kernels.x.kernel must name a file"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nmemory = ["64"]', 3, 'memory: "64" is not allowed: a whole number of MiB'),
    ('workloads = ["nano"]\nconfigurations = ["native"]\n"speed" = 3', 3, "speed is not known"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nwords = {touch = "rounds=1"}', 3, "words.touch: that workload is not"),
    ('workloads = ["nano"]\nconfigurations = ["native"]\nwords.nano = "a;b"', 3, "use letters, digits and"),
    ('workloads = ["nano"', 1, "(at end of document)"),
])
def test_errors_in_the_file_are_named(tmp_path, text, line, message):
    path = tmp_path / "wrong.toml"
    path.write_text(text + "\n")
    with pytest.raises(experiment.ExperimentError) as error:
        experiment.plan(str(path))
    assert message in str(error.value)
    assert str(error.value).startswith(f"{path}:{line}: ")


def processes_of(folder):
    """Command lines of what still works there."""
    done = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if str(folder) in line]


def begun(folder):
    """A comparison that has a run under way, alone with the signals that it is sent."""
    (folder / "small.toml").write_text(COMPARISON.replace('["nano"]', '["nano", "fork-cow"]'))
    process = subprocess.Popen([COMPARE, "--experiment", folder / "small.toml", "--out", folder / "out"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    wait_until(lambda: list((folder / "out" / "runs").glob("*/run/console.log")))
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_comparison_leaves_nothing_at_work(tmp_path, number):
    with begun(tmp_path) as process:
        process.send_signal(number)
        complained = process.communicate(timeout=LONGEST_WAIT)[1]
    assert process.returncode == 130 and "interrupted; the same command goes on from here" in complained
    wait_until(lambda: not processes_of(tmp_path))
    plan = json.loads((tmp_path / "out" / "plan.json").read_text())
    assert sum((tmp_path / "out" / "runs" / name / "result.json").exists() for name in plan["runs"]) < len(plan["runs"])


def test_a_folder_in_use_is_refused_also_when_its_comparison_was_killed(tmp_path):
    again = [COMPARE, "--experiment", "small", "--out", tmp_path / "out"]
    with begun(tmp_path) as process:
        try:
            first = call(*again)
            process.kill()
            process.communicate()
            second = call(*again)
        finally:
            for line in subprocess.run(["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines():
                if "snakemake" in line and str(tmp_path) in line:
                    with contextlib.suppress(ProcessLookupError):      # it may have ended
                        os.killpg(int(line.split()[0]), signal.SIGINT)
    for done in first, second:
        assert done.returncode == 2 and f"OUT={tmp_path}/out is in use by another comparison" in done.stderr
    wait_until(lambda: not processes_of(tmp_path))


def test_wrong_use(tmp_path):
    for jobs in "0", "-3", "many":
        done = call(COMPARE, "--experiment", "small", "--out", tmp_path / "out", "--jobs", jobs)
        assert done.returncode == 2 and f"--jobs: {jobs} is not allowed: a whole number of runs, 1 or more" in done.stderr
    done = call(COMPARE, "small", "--out", tmp_path / "out")
    assert done.returncode == 2 and "small: what is for snakemake stands behind --; an experiment is --experiment NAME" in done.stderr
    done = call(COMPARE, "--experiment", "unheard", "--out", tmp_path / "out")
    assert done.returncode == 2 and "there are: pages, small, standard" in done.stderr
    (tmp_path / "mine").write_text("x")
    done = call(COMPARE, "--experiment", "small", "--out", tmp_path)
    assert done.returncode == 2 and "holds files that no comparison wrote" in done.stderr
    assert call(TABLES, tmp_path / "nothing").returncode == 3
    assert {path.name for path in tmp_path.iterdir()} == {"mine"}


def test_large_pages_need_frames_that_are_not_scattered():
    runs = experiment.plan(experiment.path_of("pages"))["runs"].values()
    assert {"scatter=off" in " ".join(run["arguments"]) for run in runs if run["configuration"] != "native"} == {True}


def test_the_standard_experiment_is_sound(monkeypatch):
    monkeypatch.delenv("THIRD_PARTY_GUESTS", raising=False)
    plan = experiment.plan(experiment.path_of("standard"))
    described = plan["experiment"]
    assert set(described["workloads"]) == set(options.workload_names("mini")) - {"all", "mode-hop"}
    assert len(plan["runs"]) == (2 * len(described["workloads"]) + len(described["tlb"])) * len(described["configurations"])
