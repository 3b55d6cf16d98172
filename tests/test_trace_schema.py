"""The record schema: what is generated is up to date, and a schema that breaks a rule is refused with a message that says which."""
import copy
import subprocess
import sys
import tomllib

import pytest

from trace_machine import ROOT

sys.path.insert(0, str(ROOT / "trace"))

import schema as schemas  # noqa: E402

SCHEMA = ROOT / "trace" / "schema.toml"
GENERATE = ["/usr/bin/python3", "-B", str(ROOT / "trace" / "generate.py")]
VALID = tomllib.loads("""
version = 1
provider = "penumbra"
port = { trace = 0x508, exit = 0x504, entry = 0x50c }
class = { always = 0, other = 1 }
enum.colour = { doc = "d", values = { red = 0, blue = 1 } }
flags.path = { doc = "d", values = { one = 1, two = 2 } }
[[record]]
id = 1
name = "first"
source = "hypervisor"
class = "always"
doc = "d"
fields = [ { name = "a", type = "u32" }, { name = "b", type = "enum:colour" }, { name = "c", type = "flags:path" } ]
[[record]]
id = 2
name = "second"
source = "hardware"
doc = "d"
fields = [ { name = "a", type = "u64" } ]
""")


def generate(*arguments):
    return subprocess.run([*GENERATE, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_reference_page_is_up_to_date(tmp_path):
    assert generate("--schema", SCHEMA, "--docs", tmp_path / "records.md").returncode == 0
    assert (tmp_path / "records.md").read_text() == (ROOT / "docs" / "records.md").read_text(), "run: make docs"


def test_unchanged_files_keep_their_time(tmp_path):
    generate("--schema", SCHEMA, "--out", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == 5
    generate("--schema", SCHEMA, "--out", tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_the_valid_example_is_valid():
    schema = schemas.check(VALID)
    assert [record.size for record in schema.records] == [24, 20]


def change(path, value):
    """An edit of the valid schema: set the element at path; None removes it."""
    def edit(raw):
        for step in path[:-1]:
            raw = raw[step]
        if value is None:
            del raw[path[-1]]
        elif isinstance(raw, list) and path[-1] == len(raw):
            raw.append(value)
        else:
            raw[path[-1]] = value
    return edit


FIELDS = ("record", 0, "fields")
BROKEN = [
    (("record", 1, "id"), 1, "record 'second': id 0x1 is already used by record 'first'"),
    (("record", 1, "name"), "first", "name first is already used"),
    (("record", 0, "id"), 0x10000, "id: 65536 is not a number from 0x1 to 0xffff"),
    (("record", 0, "name"), "Bad-name", "is not a name"),
    (("record", 0, "name"), "commit", "the name is taken by trace/emit.h"),
    (("record", 0, "class"), "nothing", "class 'nothing'; allowed: always, other"),
    (("record", 0, "class"), None, "class None"),
    (("record", 1, "class"), "always", "are for records of the hypervisor"),
    (("record", 0, "source"), "moon", "source 'moon'; allowed: hypervisor, hardware"),
    (("record", 0, "surprise"), 1, "unknown key surprise"),
    (("record", 0, "doc"), None, "record 'first': missing doc"),
    ((*FIELDS, 0, "type"), "u33", "record 'first', field 'a': unknown type 'u33'"),
    ((*FIELDS, 1, "type"), "enum:shape", "there is no enum:shape"),
    ((*FIELDS, 1, "type"), "flags:colour", "there is no flags:colour"),
    ((*FIELDS, 0, "type"), "text7", "not a multiple of 4"),
    ((*FIELDS, 0, "type"), "text0", "not a multiple of 4"),
    ((*FIELDS, 0, "type"), "text48", "68 bytes with its header of 12; at most 64"),
    ((*FIELDS, 0, "name"), "b", "field 'b' is there twice"),
    ((*FIELDS, 0, "name"), "register", "the name is taken"),
    ((*FIELDS, 0, "name"), "sequence", "the name is taken"),
    (("record", 1, "fields"), [{"name": f"f{n}", "type": "u32"} for n in range(11)], "11 fields"),
    (("enum", "colour", "values", "blue"), 0, "'blue' and 'red' are both 0"),
    (("flags", "path", "values", "two"), 3, "two = 3 is not one bit"),
    (("class", "other"), 32, "is not a number from 0x0 to 0x1f"),
    (("class", "always"), None, "'always' must be there"),
    (("port", "exit"), None, "[port]: missing exit"),
    (("version",), "one", "version: 'one' is not a number"),
]


@pytest.mark.parametrize("path, value, message", BROKEN, ids=[".".join(map(str, row[0])) + f"={row[1]}"[:20] for row in BROKEN])
def test_broken_schema_is_refused(path, value, message):
    raw = copy.deepcopy(VALID)
    change(path, value)(raw)
    with pytest.raises(schemas.SchemaError) as caught:
        schemas.check(raw)
    assert message in str(caught.value)


def test_generator_reports_and_writes_nothing(tmp_path):
    bad = tmp_path / "schema.toml"
    bad.write_text(SCHEMA.read_text().replace('name = "marker"', 'name = "panic"', 1))
    done = generate("--schema", bad, "--out", tmp_path / "out")
    assert done.returncode == 1 and f"{bad}: record 'panic': name panic is already used" in done.stderr
    assert not (tmp_path / "out").exists()
    bad.write_text("version = ")
    assert "is not TOML" in generate("--schema", bad, "--out", tmp_path).stderr
    assert "cannot read" in generate("--schema", tmp_path / "none", "--out", tmp_path).stderr
