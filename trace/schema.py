"""Read trace/schema.toml and check it.

Purpose: the one reader of the record schema; every generator works on the objects made here.
Rules: nothing is generated from a schema that breaks a rule; each complaint names the table, what is wrong and what is allowed.
Callers: generate.py and the tests.
"""
import re
import tomllib
from dataclasses import dataclass, field

HEADER_BYTES = 12          # id, size, sequence, domid, vcpu
RECORD_BYTES_MAX = 64
# trace_NAME of these is a function or variable of trace/emit.h or records.h
EMITTER_NAMES = {"start", "set_identity", "last_records", "take", "open", "commit", "text", "mask", "platform_physical", "platform_out",
                 "describe", "value_name", "descriptions", "description_count"}
HEADER_NAMES = {"id", "size", "sequence", "domid", "vcpu"}
PLAIN_TYPES = ("u32", "s32", "u64", "hex")
NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
C_KEYWORDS = set("auto break case char const continue default do double else enum extern float for goto if inline int long "
                 "register restrict return short signed sizeof static struct switch typedef union unsigned void volatile "
                 "while".split())


class SchemaError(Exception):
    """The schema breaks a rule; the text says where and which."""


@dataclass
class Enumeration:
    name: str
    doc: str
    values: dict
    is_flags: bool


@dataclass
class Field:
    name: str
    kind: str                      # u32 s32 u64 hex text enum flags
    words: int                     # 32-bit words in a hypervisor record
    unit: str
    doc: str
    enumeration: Enumeration | None = None


@dataclass
class Record:
    id: int
    name: str
    source: str                    # hypervisor, hardware
    doc: str
    fields: list
    class_name: str | None = None
    snapshot: bool = False

    @property
    def size(self):
        """Bytes of the record as the hypervisor hands it over."""
        return HEADER_BYTES + 4 * sum(f.words for f in self.fields)


@dataclass
class Schema:
    version: int
    provider: str
    ports: dict
    classes: dict
    enumerations: dict
    records: list = field(default_factory=list)

    def from_source(self, source):
        return [r for r in self.records if r.source == source]


def load(path):
    """Return the Schema in the file at path. Raises SchemaError, also when the file is missing or is not TOML."""
    try:
        with open(path, "rb") as file:
            return check(tomllib.load(file))
    except OSError as error:
        raise SchemaError(f"cannot read {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(f"{path} is not TOML: {error}") from error


def check(raw):
    """Return the Schema for the parsed TOML raw, or raise SchemaError."""
    expect_keys("the schema", raw, {"version", "provider", "port", "class", "record"}, {"enum", "flags"})
    expect_number("version", raw["version"], 1, 0xffff)
    expect_name("provider", raw["provider"])
    for name, number in raw["port"].items():
        expect_number(f"port.{expect_name('port', name)}", number, 0, 0xffff)
    expect_keys("[port]", raw["port"], {"trace", "exit", "entry"})
    check_numbers("[class]", raw["class"], 31)
    if raw["class"].get("always") != 0:
        raise SchemaError("[class]: 'always' must be there and must be 0")
    enumerations = check_enumerations(raw)
    schema = Schema(raw["version"], raw["provider"], raw["port"], raw["class"], enumerations)
    for number, table in enumerate(raw["record"], 1):
        schema.records.append(check_record(number, table, schema))
    expect_unique("id", schema.records, lambda r: r.id, hex)
    expect_unique("name", schema.records, lambda r: r.name, str)
    return schema


def expect_keys(where, table, required, optional=frozenset()):
    missing = required - table.keys()
    unknown = table.keys() - required - optional
    if missing:
        raise SchemaError(f"{where}: missing {', '.join(sorted(missing))}")
    if unknown:
        raise SchemaError(f"{where}: unknown key {', '.join(sorted(unknown))}; "
                          f"allowed: {', '.join(sorted(required | optional))}")


def expect_name(where, name):
    if not isinstance(name, str) or not NAME.match(name):
        raise SchemaError(f"{where}: {name!r} is not a name; lower-case letters, digits and _, a letter first")
    return name


def expect_number(where, value, low, high):
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SchemaError(f"{where}: {value!r} is not a number from {low:#x} to {high:#x}")


def expect_unique(what, records, key, show):
    seen = {}
    for record in records:
        if key(record) in seen:
            raise SchemaError(f"record '{record.name}': {what} {show(key(record))} is already used by record "
                              f"'{seen[key(record)].name}'")
        seen[key(record)] = record


def check_numbers(where, values, high):
    by_number = {}
    for name, number in values.items():
        expect_name(where, name)
        expect_number(f"{where}: {name}", number, 0, high)
        if number in by_number:
            raise SchemaError(f"{where}: '{name}' and '{by_number[number]}' are both {number}")
        by_number[number] = name


def check_enumerations(raw):
    result = {}
    for group, is_flags in (("enum", False), ("flags", True)):
        for name, table in raw.get(group, {}).items():
            where = f"[{group}.{name}]"
            expect_name(where, name)
            expect_keys(where, table, {"doc", "values"})
            check_numbers(where, table["values"], 0x7fffffff)
            if name in result:
                raise SchemaError(f"{where}: there is an enumeration of that name already")
            if name in ("class", "id"):
                raise SchemaError(f"{where}: the name is taken by the generated constants")
            for value, number in table["values"].items():
                if is_flags and (number == 0 or number & (number - 1)):
                    raise SchemaError(f"{where}: {value} = {number} is not one bit")
            result[name] = Enumeration(name, table["doc"], table["values"], is_flags)
    return result


def check_record(number, table, schema):
    where = f"record '{table['name']}'" if "name" in table else f"record number {number}"
    expect_keys(where, table, {"id", "name", "source", "doc", "fields"}, {"class", "snapshot"})
    expect_number(f"{where}: id", table["id"], 1, 0xffff)
    if expect_name(where, table["name"]) in EMITTER_NAMES:
        raise SchemaError(f"{where}: the name is taken by trace/emit.h")
    hypervisor = table["source"] == "hypervisor"
    if table["source"] not in ("hypervisor", "hardware"):
        raise SchemaError(f"{where}: source {table['source']!r}; allowed: hypervisor, hardware")
    if not hypervisor and ("class" in table or "snapshot" in table):
        raise SchemaError(f"{where}: class and snapshot are for records of the hypervisor")
    if hypervisor and table.get("class") not in schema.classes:
        raise SchemaError(f"{where}: class {table.get('class')!r}; allowed: {', '.join(schema.classes)}")
    fields = [check_field(where, raw, schema) for raw in table["fields"]]
    names = [f.name for f in fields]
    for name in names:
        if names.count(name) > 1:
            raise SchemaError(f"{where}: field '{name}' is there twice")
    record = Record(table["id"], table["name"], table["source"], table["doc"], fields, table.get("class"),
                    table.get("snapshot", False))
    if hypervisor and record.size > RECORD_BYTES_MAX:
        raise SchemaError(f"{where}: {record.size} bytes with its header of {HEADER_BYTES}; at most {RECORD_BYTES_MAX}")
    if not hypervisor and len(fields) > 10:
        raise SchemaError(f"{where}: {len(fields)} fields; a tracepoint takes at most 10")
    return record


def check_field(where, table, schema):
    where = f"{where}, field '{table.get('name', '?')}'"
    expect_keys(where, table, {"name", "type"}, {"unit", "doc"})
    name, kind = expect_name(where, table["name"]), str(table["type"])
    if name in HEADER_NAMES or name in C_KEYWORDS:
        raise SchemaError(f"{where}: the name is taken")
    words, enumeration = 1, None
    text = re.fullmatch(r"text([0-9]+)", kind)
    if text:
        if int(text[1]) == 0 or int(text[1]) % 4:
            raise SchemaError(f"{where}: the length of {kind} is not a multiple of 4")
        kind, words = "text", int(text[1]) // 4
    elif kind == "u64":
        words = 2
    elif ":" in kind:
        kind, _, wanted = kind.partition(":")
        enumeration = schema.enumerations.get(wanted)
        if kind not in ("enum", "flags") or enumeration is None or enumeration.is_flags != (kind == "flags"):
            raise SchemaError(f"{where}: there is no {table['type']}")
    elif kind not in PLAIN_TYPES:
        raise SchemaError(f"{where}: unknown type {kind!r}; allowed: {', '.join(PLAIN_TYPES)}, textN, enum:NAME, flags:NAME")
    return Field(name, kind, words, table.get("unit", ""), table.get("doc", ""), enumeration)
