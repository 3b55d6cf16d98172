"""The figures of a comparison as Parquet: read back by a reader, and compared with JSON."""
import json
import os
import shutil

import pytest

from conftest import ROOT, call
from test_compare import TABLES

WEB = ROOT / "build" / "analysis" / "web"
TYPES = {"text": "UTF8", "integer": "INT64", "number": "DOUBLE"}
pytestmark = pytest.mark.xdist_group("compare")


@pytest.fixture
def compared(small):
    return small[0] / "out"


@pytest.fixture
def written(compared, tmp_path):
    assert (WEB / "parquet.mjs").exists(), (WEB / "failure").read_text()
    done = call(TABLES, compared, "--parquet", tmp_path / "found.parquet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return tmp_path / "found.parquet"


def test_it_has_what_json_has(compared, written):
    done = call("node", ROOT / "tests" / "parquet_read.mjs", WEB / "node_modules" / "hyparquet", written)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    said = json.loads(call(TABLES, compared, "--json").stdout)
    assert found["columns"] == said["columns"] and len(found["columns"]) > 30
    assert found["schema"] == {column["name"]: TYPES[column["type"]] for column in said["columns"]}
    rows = said["cells"] + said["operations"]
    assert len(found["rows"]) == len(rows) > 2
    assert any(row["walks"] % 1 for row in said["operations"])
    for row, expected in zip(found["rows"], rows):
        assert row == {column["name"]: expected.get(column["name"]) for column in said["columns"]}
    assert any(name.startswith("hypercalls.") for name in found["schema"])


def test_without_what_it_takes(compared, tmp_path):
    out = tmp_path / "none.parquet"
    done = call(TABLES, compared, "--parquet", out, env=os.environ | {"PATH": str(tmp_path)})
    assert done.returncode == 5 and "node is not installed" in done.stderr
    done = call(TABLES, compared, "--parquet", tmp_path / "nowhere" / "x")
    assert done.returncode == 5 and "No such file or directory" in done.stderr
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copytree(ROOT / "analysis", copy / "analysis", ignore=shutil.ignore_patterns("web", "*.c", "*.h"))
    done = call(copy / "analysis" / "compare", compared, "--parquet", out)
    assert done.returncode == 5 and "'make build' does that" in done.stderr
    (copy / "build" / "analysis" / "web").mkdir(parents=True)
    (copy / "build" / "analysis" / "web" / "failure").write_text("npm is away\n")
    done = call(copy / "analysis" / "compare", compared, "--parquet", out)
    assert done.returncode == 5 and "npm is away" in done.stderr and not out.exists()
