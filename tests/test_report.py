"""The HTML report: what analysis/report writes, and what a browser makes of it."""
import json
import re
import shutil
import sys

import pytest

import browser
import report
from conftest import ROOT, RUN, call

sys.path.insert(1, str(ROOT / "analysis"))
import report_choice  # noqa: E402
import report_page  # noqa: E402
import report_run  # noqa: E402

REPORT = ROOT / "analysis" / "report"
COMPARE = ROOT / "bochs-config" / "compare"
SMALL = """
workloads = ["nano", "fork-cow"]
configurations = ["native", "trusted", "direct", "shadow/oos"]
tlb = ["fork-cow"]

[words]
nano = "times=50 forks=2"
fork-cow = "rounds=1"
"""
LARGEST, LONGEST = 8 << 20, 1.0           # bytes of a report, seconds of processor time until it shows
RUN_TABS = ["overview", "flushes", "timeline", "profile", "memory", "made"]
COMPARE_TABS = ["glance", "advice", "why", "flushes", "timeline", "operations", "made"]
# one browser and one set of results for all of them
pytestmark = pytest.mark.xdist_group("report")


def run_mini(folder, *options):
    done = call(RUN, "--guest", "mini", "--cmdline", "rounds=1", "--boot", "scatter=7", "--out", folder, "--report",
                *options, timeout=300)
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def page(built):
    with browser.page() as found:
        yield found


@pytest.fixture(scope="module")
def recorded(built, tmp_path_factory):
    """A run with instructions, and what it printed."""
    folder = tmp_path_factory.mktemp("recorded") / "run"
    return folder, run_mini(folder).stdout


@pytest.fixture(scope="module")
def compared(built, tmp_path_factory):
    """A small comparison, and what it printed."""
    folder = tmp_path_factory.mktemp("compared")
    (folder / "small.toml").write_text(SMALL)
    done = call(COMPARE, "--experiment", folder / "small.toml", "--out", folder / "out", timeout=600)
    assert done.returncode == 0, done.stderr
    return folder / "out", done.stdout


def sound(page, path):
    """Nothing went wrong in the browser, and nothing but the file was asked for."""
    page.take_logs()
    assert page.errors == []
    assert {url.split("#")[0] for url in page.requests if not url.startswith(("data:", "blob:"))} == {f"file://{path}"}


def drawn(page, tab, what="canvas"):
    """How many colours the picture of each chart of a page has."""
    return page.run("""
        return [...document.querySelectorAll('#' + arguments[0] + ' .chart')].map(chart => {
            const canvas = chart.querySelector(arguments[1]);
            if (!canvas || !canvas.width)
                return 0;
            const picture = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(picture.data.buffer)).size;
        });""", tab, what)


def picture(page, selector):
    return page.run("return document.querySelector(arguments[0]).toDataURL()", selector)


def looks_right(page, tabs):
    """Each tab opens and shows text and its charts, alone."""
    assert [tab.get_attribute("id") for tab in page.all("[role=tab]")] == ["tab-" + tab for tab in tabs]
    for tab in tabs:
        shown = page.show(tab)
        assert [other.get_attribute("id") for other in page.all(".page") if other.is_displayed()] == [tab]
        assert len(shown.text) > 100, tab
        page.run("return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert all(colours > 3 for colours in drawn(page, tab)), (tab, drawn(page, tab))
        assert "undefined" not in shown.text and "NaN" not in shown.text, tab
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), f"{tab} is wider than the window"


@pytest.mark.parametrize("dark", [False, True])
def test_a_run_is_shown_in_full(page, recorded, dark):
    folder, printed = recorded
    path = folder / "report.html"
    assert f"report.html, {path.stat().st_size:,} bytes" in printed
    assert path.stat().st_size < LARGEST
    assert 0 < page.open(path, dark) < LONGEST
    assert page.run("return document.documentElement.dataset.theme") == ("dark" if dark else "light")
    looks_right(page, RUN_TABS)
    summary = json.loads((folder / "summary.json").read_text())
    text = page.show("overview").text
    for number in summary["instructions"]["total"], summary["tlb"]["flushes"], summary["tlb"]["walks"]:
        assert f"{number:,}" in text
    assert summary["run"]["command"] in text
    sound(page, path)


@pytest.mark.parametrize("dark", [False, True])
def test_a_comparison_is_shown_in_full(page, compared, dark):
    folder, printed = compared
    path = folder / "report.html"
    assert f"report.html, {path.stat().st_size:,} bytes" in printed
    assert path.stat().st_size < LARGEST
    assert 0 < page.open(path, dark) < LONGEST
    looks_right(page, COMPARE_TABS)
    sound(page, path)


def test_a_legend_makes_room_in_a_narrow_window(page, compared):
    """Its lines do not lie over the picture: the chart is taller by them, and as before when the window is wide again."""
    def heights(width):
        page.resize(width)
        page.open(compared[0] / "report.html")
        found = []
        for tab in "glance", "why", "flushes", "operations":
            page.show(tab)
            page.wait(f"document.querySelector('#{tab} canvas')")
            found.append(page.run(f"return document.querySelector('#{tab} .chart').offsetHeight"))
        return found

    try:
        wide, narrow = heights(1280), heights(390)
        assert all(tall > low for tall, low in zip(narrow[1:], wide[1:])) and narrow[0] >= wide[0], (narrow, wide)
        looks_right(page, COMPARE_TABS)
        page.show("flushes")
        page.resize(1280)
        page.wait(f"document.querySelector('#flushes .chart').offsetHeight === {wide[2]}")
    finally:
        page.resize(None)


def test_the_theme_can_be_switched(page, recorded):
    page.open(recorded[0] / "report.html")
    light = page.run("return getComputedStyle(document.body).backgroundColor")
    button = page.one("header button")
    assert button.text == "Dark"
    button.click()
    assert page.run("return getComputedStyle(document.body).backgroundColor") != light
    assert button.text == "Light"
    dark = picture(page, "#overview canvas")
    page.show("timeline")
    chip = "return getComputedStyle(document.querySelector('#timeline .chip')).backgroundColor"
    chip_in_the_dark = page.run(chip)
    page.show("overview")
    button.click()
    assert picture(page, "#overview canvas") != dark, "charts are drawn again"
    assert page.run(chip) != chip_in_the_dark
    assert page.run("return getComputedStyle(document.body).backgroundColor") == light


def test_tabs_are_reached_by_keyboard_and_by_address(page, recorded):
    page.open(recorded[0] / "report.html", tab="memory")
    selected = "document.querySelector('[role=tab][aria-selected=true]').id"
    assert page.run(f"return {selected}") == "tab-memory"
    page.one("#tab-memory").send_keys("\ue014")             # right
    assert page.run(f"return {selected}") == "tab-made" == page.run("return document.activeElement.id")
    page.one("#tab-made").send_keys("\ue014")
    assert page.run(f"return {selected}") == "tab-overview"
    page.one("#tab-overview").send_keys("\ue010")           # end
    assert page.run(f"return {selected}") == "tab-made"
    assert page.run("return location.hash") == "#made"


def window(page):
    chart = page.one("#timeline .chart")
    return int(chart.get_attribute("data-from")), int(chart.get_attribute("data-until"))


def test_the_timeline_zooms_down_to_single_events(page, recorded):
    folder, _ = recorded
    page.open(folder / "report.html", tab="timeline")
    page.wait("document.querySelector('#timeline canvas')")
    first = window(page)
    buttons = {button.text: button for button in page.all("#timeline form button")}
    buttons["Zoom in"].click()
    closer = window(page)
    assert first[0] < closer[0] < closer[1] < first[1]
    buttons["Later"].click()
    assert window(page)[0] > closer[0]
    before = window(page)
    page.wheel(page.one("#timeline .chart"), -300)
    page.wait(f"document.querySelector('#timeline .chart').dataset.from > {before[0]}")

    tool = ROOT / "analysis" / "timeline"
    whole = json.loads(call(tool, folder / "trace", "--json", "--lanes", "flush").stdout)
    at = whole["from"] + sum(whole["lanes"][0]["items"]["start"][:40])
    for field, value in zip(page.all("#timeline form input"), (at - 300, at + 300)):
        field.clear()
        field.send_keys(str(value))
    page.one("#timeline form [type=submit]").click()
    assert window(page) == (at - 300, at + 300)
    text = page.one("#timeline").text
    assert "One by one" in text
    assert f"--from {at - 300} --until {at + 300} --list" in text
    listed = json.loads(call(tool, folder / "trace", "--from", at - 300, "--until", at + 300, "--json", "--lanes",
                             "flush").stdout)
    found = [listed["names"][number] for number in listed["lanes"][0]["items"]["name"]]
    rows = page.run("""return [...document.querySelectorAll('#timeline table:last-of-type tbody tr')].map(row =>
        [...row.children].map(cell => cell.textContent)).filter(row => row[1] === 'flush').map(row => row[2])""")
    assert rows == found != []
    sound(page, folder / "report.html")


def test_figures_are_those_of_the_analyzers(page, recorded):
    folder, _ = recorded
    page.open(folder / "report.html", tab="flushes")
    flushes = json.loads(call(ROOT / "analysis" / "tlb", folder / "trace", "--by", "cause", "--json").stdout)["run"]
    rows = page.run("""return [...document.querySelector('#flushes table').tBodies[0].rows].map(row =>
        [...row.cells].map(cell => cell.textContent))""")
    expected = {group["cause"]: f"{group['flushes']:,}" for group in flushes["groups"]}
    assert {row[0]: row[2] for row in rows} == expected | {"total": f"{flushes['total']['flushes']:,}"}
    assert "modelled" in page.one("#flushes").text


def test_tables_are_sorted_by_a_click(page, recorded):
    page.open(recorded[0] / "report.html", tab="flushes")
    column = ("[...document.querySelector('#flushes table').tBodies[0].rows]"
              ".map(row => Number(row.cells[2].textContent.replaceAll(',', '')))")
    head = page.all("#flushes thead th")[2]
    head.find_element("tag name", "button").click()
    down = page.run(f"return {column}")
    assert head.get_attribute("aria-sort") == "descending" and down[:-1] == sorted(down[:-1], reverse=True)
    head.find_element("tag name", "button").click()
    up = page.run(f"return {column}")
    assert up[:-1] == sorted(up[:-1]) and up[-1] == down[-1], "the total stays at the end"


def test_paper_has_every_page(page, recorded, tmp_path):
    page.open(recorded[0] / "report.html", dark=True)
    paper = page.print()
    assert paper.startswith(b"%PDF") and len(re.findall(rb"/Type\s*/Page\b", paper)) >= 4
    assert page.run("return document.documentElement.dataset.printing") is None
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    sound(page, recorded[0] / "report.html")


def test_paper_has_every_chart(page, recorded):
    page.open(recorded[0] / "report.html")
    page.run("dispatchEvent(new Event('beforeprint'))")
    sheets = "[...document.querySelectorAll('.sheet')].map(sheet => sheet.width)"
    assert len(page.run(f"return {sheets}")) == len(page.all(".chart")) > 6
    assert set(page.run(f"return {sheets}")) == {2 * 680}
    for tab in RUN_TABS:
        assert all(colours > 3 for colours in drawn(page, tab, ".sheet")), tab
    page.run("dispatchEvent(new Event('afterprint'))")
    assert page.run(f"return {sheets}") == []


def test_a_comparison_says_which_mode_and_why(page, compared):
    folder, _ = compared
    page.open(folder / "report.html", tab="advice")
    rows = json.loads(call(ROOT / "analysis" / "compare", folder, "--json").stdout)["cells"]
    advice = {found["load"]: found for found in report_choice.advice(rows, "instructions")}
    card = page.one("#advice article")
    load = "many processes: fork, exec, copy-on-write"
    assert advice[load]["workloads"] == ["fork-cow"]
    assert card.text.lower().startswith(load) and f"Choose {' or '.join(advice[load]['best'])}" in card.text
    assert "hypercalls" in card.text and "in the hypervisor" in card.text and "modelled cycles" in card.text
    assert f"(trusted) needs {advice[load]['unprotected']:.2f} ×" in card.text
    page.choose("#advice select", "netburst")
    assert "modelled" in page.one("#advice .choice-made").text


def test_what_is_wrong_with_a_comparison_is_said_first(page, compared, tmp_path):
    folder, _ = compared
    shutil.copytree(folder, tmp_path / "out", ignore=shutil.ignore_patterns("trace", "images", "machine"))
    next((tmp_path / "out" / "runs").glob("nano-native-*-cost-*/result.json")).unlink()
    done = call(REPORT, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    page.open(tmp_path / "out" / "report.html")
    warning = page.one("#glance .warning").text
    assert warning.startswith("1 of 20 runs are missing, the first: nano-native-")
    assert "Without a cell on the bare machine, and so without multiples: nano." in page.one("#glance").text
    looks_right(page, [tab for tab in COMPARE_TABS if tab != "timeline"])       # no trace is there
    sound(page, tmp_path / "out" / "report.html")


def test_a_comparison_has_the_timeline_of_one_run(page, compared):
    folder, _ = compared
    page.open(folder / "report.html", tab="timeline")
    text = page.one("#timeline").text
    assert "An example: fork-cow under shadow/oos" in text and "flush_tlb_page" in text
    command = page.one("#timeline code").text
    assert command.startswith("analysis/report ") and "runs/fork-cow-shadow-oos" in command.replace("_", "-")
    before = window(page)
    next(button for button in page.all("#timeline form button") if button.text == "Zoom in").click()
    assert window(page)[1] - window(page)[0] < before[1] - before[0]


def cells_of(folder, workload):
    found = json.loads(call(ROOT / "analysis" / "compare", folder, "--json").stdout)["cells"]
    return [cell for cell in found if cell["workload"] == workload]


def test_a_workload_leads_to_the_reasons_and_the_commands(page, compared):
    folder, _ = compared
    page.open(folder / "report.html")
    next(link for link in page.all("#glance td a, #glance th a") if link.text == "fork-cow").click()
    page.wait("!document.querySelector('#why').hidden")
    text = page.one("#why").text
    assert "fork-cow: where the instructions went" in text and "fork-cow: hypercalls by name" in text
    for found in cells_of(folder, "fork-cow"):
        assert f"{found['pte_writes'] or 0:,}" in text and f"{found.get('hypercalls.mmuext_op') or 0:,}" in text
    command = page.run("return document.querySelector('#why details code').textContent")
    assert command.startswith("bochs-config/run --guest mini --workload fork-cow")
    assert "--boot classes=marker" in command


def test_flushes_of_a_workload_are_shown_by_cause_and_with_tags(page, compared):
    folder, _ = compared
    page.open(folder / "report.html", tab="flushes")
    page.choose("#flushes select", "fork-cow")
    text = page.one("#flushes").text
    for found in cells_of(folder, "fork-cow"):
        assert f"{found['walks.flush_tlb_page']:,}" in text and f"{found['walks_saved']:,}" in text
    page.run("const box = [...document.querySelectorAll('#flushes select')].pop(); box.value = 'netburst';"
             " box.dispatchEvent(new Event('change'))")
    assert "modelled cycles (Pentium 4), by cause" in page.one("#flushes").text
    assert page.one("#flushes .modelled").is_displayed()


def test_the_nano_benchmarks_stand_beside_asplos(page, compared):
    page.open(compared[0] / "report.html", tab="operations")
    text = page.one("#operations").text
    assert re.search(r"page-table modification: [\d.]+ × the bare machine's instructions under shadow/\w+, 391 × its time",
                     text)
    assert text.count("ours is less") + text.count("ours is not less") == 4
    assert "What may not: the numbers." in text


def test_missing_parts_are_said(page, tmp_path):
    run_mini(tmp_path / "off", "--trace", "off")
    page.open(tmp_path / "off" / "report.html")
    for tab in "flushes", "timeline", "profile", "memory":
        assert "The run recorded nothing (TRACE=off). Run it again with TRACE=insn." in page.show(tab).text
    sound(page, tmp_path / "off" / "report.html")
    run_mini(tmp_path / "events", "--trace", "events")
    page.open(tmp_path / "events" / "report.html")
    for tab in "profile", "memory":
        assert "The run recorded no instructions (TRACE=events)." in page.show(tab).text
    assert "One by one" not in page.show("timeline").text and "flush_tlb_page" in page.show("timeline").text
    sound(page, tmp_path / "events" / "report.html")


def test_of_a_window_it_is_said_that_it_is_one(page, tmp_path):
    run_mini(tmp_path / "window", "--trace-window", "ring=3")
    page.open(tmp_path / "window" / "report.html")
    summary = json.loads((tmp_path / "window" / "summary.json").read_text())
    for tab in "profile", "memory":
        assert f"of the run's {summary['instructions']['total']:,} instructions" in page.show(tab).text
    assert "No entry into ring 0 lies in what was recorded." in page.show("profile").text
    sound(page, tmp_path / "window" / "report.html")


def test_a_trace_that_was_cut_off_is_shown_as_far_as_it_goes(page, recorded, tmp_path):
    shutil.copytree(recorded[0], tmp_path / "run")
    files = [path for path in (tmp_path / "run" / "trace").rglob("*") if path.is_file() and "index" not in path.parts]
    stream = max(files, key=lambda path: path.stat().st_size)
    with open(stream, "r+b") as file:
        file.truncate(stream.stat().st_size * 2 // 3)
    (tmp_path / "run" / "summary.json").unlink()
    done = call(REPORT, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    page.open(tmp_path / "run" / "report.html")
    assert "The trace is not complete" in page.one("#overview").text
    assert page.one("#flushes .warning").get_attribute("textContent")
    looks_right(page, RUN_TABS)


def test_wrong_directories(tmp_path, recorded):
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "summary.json").write_text("{")
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "plan.json").write_text('{"format": 3, "runs": {}}')
    for name, message in [("nowhere", "there is no such directory"), ("damaged", "summary.json is damaged"),
                          ("empty", "holds neither a run (summary.json, trace/) nor a comparison (plan.json)"),
                          ("plan", "has no result of its plan")]:
        done = call(REPORT, tmp_path / name)
        assert (done.returncode, done.stdout) == (3, "") and message in done.stderr and "Traceback" not in done.stderr
        assert not list(tmp_path.rglob("report.html*"))
    done = call(REPORT, recorded[0], "--out", tmp_path / "nowhere" / "x.html")
    assert done.returncode == 1 and "No such file or directory" in done.stderr
    assert call(REPORT).returncode == 2
    assert "analysis/report out/run" in call(REPORT, "--help").stdout


def test_without_a_bundle_it_says_how_to_get_one(tmp_path, monkeypatch):
    (tmp_path / "analysis").mkdir()
    shutil.copytree(ROOT / "analysis" / "web", tmp_path / "analysis" / "web")
    done = call("env", "npm_config_registry=http://127.0.0.1:9", tmp_path / "analysis" / "web" / "bundle")
    assert done.returncode == 0 and "npm could not install" in done.stderr
    monkeypatch.setattr(report_page, "ROOT", str(tmp_path))
    with pytest.raises(report_page.PageError, match="npm could not install .*'make build' tries again"):
        report_page.page("title", {})
    shutil.rmtree(tmp_path / "build")
    with pytest.raises(report_page.PageError, match="run 'make build' first"):
        report_page.page("title", {})


def test_a_run_says_in_a_line_why_there_is_no_report(tmp_path):
    (tmp_path / "analysis").mkdir()
    assert report.html(str(tmp_path), "out/run").startswith("no HTML report: analysis/report: No such file")
    program = tmp_path / "analysis" / "report"
    program.write_text("#!/bin/sh\necho 'no HTML report: npm is not installed' >&2\nexit 5\n")
    program.chmod(0o755)
    assert report.html(str(tmp_path), "out/run") == "no HTML report: npm is not installed\n"


def test_of_a_long_run_the_first_instructions_are_taken(page, recorded, tmp_path, monkeypatch):
    folder, _ = recorded
    summary = json.loads((folder / "summary.json").read_text())
    monkeypatch.setattr(report_run, "LONGEST", 1_000_000)
    parts = report_run.gather(str(folder), "out/run", summary, False)["parts"]
    for name in "functions", "entries", "memory":
        assert "the first 1,000,000 instructions; analysis/report out/run --all takes all" in parts[name]["bound"]
    assert parts["functions"]["data"]["instructions"]["total"] == parts["paths"]["data"]["total"] == 1_000_000
    assert "--until" in parts["memory"]["command"] and "bound" not in parts["flushes"]
    parts = report_run.gather(str(folder), "out/run", summary, True)["parts"]
    assert parts["functions"]["data"]["instructions"]["total"] > summary["instructions"]["total"]
    assert all("bound" not in part for part in parts.values())


def test_no_text_breaks_out_of_the_page(built, page, tmp_path):
    evil = "</script><img src=x onerror=alert(1)>"
    data = {"format": 1, "kind": "run", "title": evil, "directory": evil, "images": [], "models": {},
            "summary": {"run": {"guest": evil}, "outcome": evil},
            "parts": {name: {"command": evil, "missing": evil} for name in report_run.PARTS}}
    (tmp_path / "evil.html").write_text(report_page.page(evil, data))
    page.open(tmp_path / "evil.html")
    assert page.one("h1").text == evil and not page.all("img")
    sound(page, tmp_path / "evil.html")


def row(workload, configuration, instructions):
    return {"workload": workload, "configuration": configuration, "memory_mib": 64, "seed": 7, "phase_us": 0,
            "instructions": instructions, "modelled": {"dear": 1000 - instructions}}


def test_advice_is_the_geometric_mean_of_the_multiples():
    rows = [row("fork-cow", "native", 100), row("fork-cow", "direct", 200), row("fork-cow", "shadow/oos", 400),
            row("build", "native", 100), row("build", "direct", 800), row("build", "shadow/oos", 100),
            row("nano", "native", 1)]
    first, = report_choice.advice(rows, "instructions")
    assert first["workloads"] == ["fork-cow", "build"] and first["best"] == ["shadow/oos"]
    assert first["scores"] == {"shadow/oos": 2.0, "direct": 4.0}
    rows[5]["instructions"] = 390
    assert report_choice.advice(rows, "instructions")[0]["best"] == ["shadow/oos", "direct"], "within 3 % is as good"
    assert report_choice.advice(rows, "dear")[0]["best"] == ["direct"]
    assert report_choice.advice(rows[:5], "instructions") == [], "one has run everything: there is no choice"
    rows += [row("fork-cow", "writable", 300), row("build", "writable", 300)]
    assert list(report_choice.advice(rows[:5] + rows[-2:], "instructions")[0]["scores"]) == ["writable", "direct"]
    rows += [row("new", "direct", 5), row("new", "shadow/oos", 6)]
    assert [found["load"] for found in report_choice.advice(rows, "instructions")] == [
        "many processes: fork, exec, copy-on-write", "new", "all of these alike"]


def test_advice_without_the_bare_machine_is_of_the_best():
    rows = [row("linux", "writable", 300), row("linux", "shadow/oos", 200), row("touch", "native", 10),
            row("touch", "shadow/oos", 20), row("touch", "direct", 30)]
    of = {found["load"]: found for found in report_choice.advice(rows, "instructions")}
    assert of["linux"]["of"] == "best" and of["linux"]["scores"] == {"shadow/oos": 1.0, "writable": 1.5}
    assert of["all of these alike"]["workloads"] == ["touch"] and of["all of these alike"]["of"] == "native"


def test_nobody_is_told_to_choose_no_protection():
    rows = [row("touch", "native", 100), row("touch", "trusted", 110), row("touch", "shadow/oos", 200), row("touch", "direct", 150),
            row("linux", "trusted", 5), row("linux", "direct", 10), row("linux", "shadow/oos", 20)]
    of = {found["load"]: found for found in report_choice.advice(rows, "instructions")}
    assert of["touching memory for the first time"]["scores"] == {"direct": 1.5, "shadow/oos": 2.0}
    assert of["touching memory for the first time"]["unprotected"] == 1.1
    assert of["linux"]["scores"] == {"direct": 1.0, "shadow/oos": 2.0} and of["linux"]["unprotected"] == 0.5
    assert report_choice.advice(rows[:3], "instructions") == [], "there is no choice"


def test_the_bare_machine_is_the_base_of_every_seed_and_phase():
    rows = [row("touch", "native", 100), row("touch", "direct", 200),
            {**row("touch", "direct", 800), "seed": 8, "phase_us": 50}]
    assert report_choice.scores(rows, ["touch"], "instructions") == {"direct": pytest.approx(4)}
