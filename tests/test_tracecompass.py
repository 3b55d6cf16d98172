"""The XML analysis for Trace Compass: what it names exists in a trace, and its states are those of the timeline.

Trace Compass itself is not here. The class States does with a state provider what the chapter Data driven analysis of
its User Guide says; what is compared with the timeline are the states that come out.
"""
import re
import xml.etree.ElementTree as ET

import bt2
import pytest

from conftest import ROOT
from test_timeline import NOBODY, entries, lanes_of, random_trace
from test_export import guests, switched
from traces import make, tools

FILE = ROOT / "analysis" / "tracecompass" / "penumbra.xml"
HYPERCALL_UNDER_WAY = 255


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


@pytest.fixture(scope="module")
def xml():
    return ET.parse(FILE).getroot()


class Enumerated(int):
    """A value of an enumeration: where text is wanted it is its name."""
    name = ""

    def __str__(self):
        return self.name


class States:
    """A state provider at work: attributes by path, and their history as (from, to, value)."""

    def __init__(self, provider):
        self.handlers = [(handler.get("eventName"), handler) for handler in provider.iter("eventHandler")]
        self.locations = {location.get("id"): location for location in provider.iter("location")}
        self.ongoing, self.since, self.history = {}, {}, {}

    def event(self, time, name, fields):
        for pattern, handler in self.handlers:
            if re.fullmatch(pattern.replace("*", ".*"), name):
                for change in handler.findall("stateChange"):
                    self.change(change, time, fields)

    def change(self, element, time, fields):
        condition = element.find("if")
        if condition is not None:
            chosen = element.find("then" if self.holds(condition[0], fields) else "else")
            if chosen is not None:
                self.change(chosen, time, fields)
            return
        path, value = self.path(element.findall("stateAttribute"), fields), element.find("stateValue")
        if path is None:
            return
        result = self.value(value, fields)
        if value.get("increment") == "true":
            result += self.ongoing.get(path) or 0
        if value.get("update") != "true":
            self.close(path, time)
            self.since[path] = time
        self.ongoing[path] = result

    def close(self, path, time):
        if self.ongoing.get(path) is not None and time > self.since[path]:
            self.history.setdefault(path, []).append((self.since[path], time, self.ongoing[path]))

    def end(self, time):
        for path in list(self.ongoing):
            self.close(path, time)

    def holds(self, element, fields):
        if element.tag == "and":
            return all(self.holds(child, fields) for child in element)
        first, values = element.find("field"), element.findall("stateValue")
        if len(values) == 2:
            left = self.value(values[0], fields)
        elif first is not None:
            left = fields[first.get("name")]
        else:
            left = self.ongoing.get(self.path(element.findall("stateAttribute"), fields))
        right = self.value(values[-1], fields)
        equal = left == right if type(left) is int and isinstance(right, int) else str(left) == str(right)
        return equal == (element.get("operator", "eq") == "eq")

    def value(self, element, fields):
        kind, text = element.get("type"), element.get("value")
        if kind == "query":
            return self.ongoing.get(self.path(element.findall("stateAttribute"), fields))
        value = {"null": lambda: None, "long": lambda: int(text), "string": lambda: text,
                 "eventField": lambda: fields[text]}[kind]()
        assert not isinstance(value, Enumerated), "Trace Compass has no plain value for this"
        return value

    def path(self, elements, fields):
        """The path, or None: a part of it has no value."""
        parts = []
        for element in elements:
            kind, text = element.get("type"), element.get("value")
            if kind == "location":
                part = self.path(self.locations[text].findall("stateAttribute"), fields)
                if part is None:
                    return None
                parts += part
                continue
            if kind == "query":
                part = self.ongoing.get(self.path(element.findall("stateAttribute"), fields))
            else:
                part = {"constant": lambda: text, "eventField": lambda: fields[text]}[kind]()
            if part is None:
                return None
            parts.append(str(part))
        return tuple(parts)


def events(directory):
    """(time, name, fields) of a trace as Trace Compass has them: without the underscore of the names."""
    for message in bt2.TraceCollectionMessageIterator(str(directory)):
        if type(message) is bt2._EventMessageConst:
            fields = {}
            for name, value in message.event.payload_field.items():
                if isinstance(value, bt2._EnumerationFieldConst):
                    fields[name.lstrip("_")] = Enumerated(int(value))
                    fields[name.lstrip("_")].name = (list(value.labels) or [str(int(value))])[0]
                elif isinstance(value, bt2._ArrayFieldConst):
                    fields[name.lstrip("_")] = bytes(int(letter) for letter in value).split(b"\0")[0].decode()
                else:
                    fields[name.lstrip("_")] = str(value) if isinstance(value, bt2._StringFieldConst) else int(value)
            yield message.default_clock_snapshot.value, message.event.name, fields


def states(xml, directory):
    found = States(xml.find("stateProvider"))
    time = 0
    for time, name, fields in events(directory):
        found.event(time, name, fields)
    found.end(time)
    return found.history


# ---- what it names -----------------------------------------------------------------------------------------------

def test_every_event_field_and_value_is_one_of_the_schema(xml):
    provider = xml.find("stateProvider")
    for handler in provider.iter("eventHandler"):
        record = make.RECORDS[handler.get("eventName").removeprefix("penumbra:")]
        fields = {field["name"]: field["type"] for field in record["fields"]}
        if record["source"] != "hardware":
            fields |= {"domid": "u32", "vcpu": "u32"}
        for element in handler.iter():
            if element.get("type") == "eventField":
                assert element.get("value") in fields
        for condition in handler.iter("condition"):
            if condition.find("field") is not None:
                kind, value = fields[condition.find("field").get("name")], condition.find("stateValue")
                if kind.startswith("enum:"):
                    assert value.get("value") in make.SCHEMA["enum"][kind[5:]]["values"]
                else:
                    assert value.get("type") == "long" and int(value.get("value")) >= 0
    assert [place.get("value") for place in provider.iter("stateAttribute") if place.get("type") == "location"]
    assert {place.get("value") for place in provider.iter("stateAttribute") if place.get("type") == "location"} == {
        location.get("id") for location in provider.iter("location")}


def test_every_mode_and_state_is_handled(xml):
    for record, field in (("domain_built", "mode"), ("mode_switch", "to"), ("sched_runstate_change", "to")):
        kind = next(one["type"] for one in make.RECORDS[record]["fields"] if one["name"] == field)
        [handler] = [one for one in xml.iter("eventHandler") if one.get("eventName") == f"penumbra:{record}"]
        handled = {condition.find("stateValue").get("value") for condition in handler.iter("condition")
                   if condition.find("field").get("name") == field}
        assert handled == set(make.SCHEMA["enum"][kind[5:]]["values"])


def test_views_show_what_the_states_are(xml):
    [provider] = xml.findall("stateProvider")
    assert {analysis.get("id") for analysis in xml.iter("analysis")} == {provider.get("id")}
    made = {place.get("value") for place in provider.iter("stateAttribute") if place.get("type") == "constant"}
    for entry in xml.iter("entry"):
        assert set(entry.get("path").split("/")) - {"*"} <= made
        display = entry.find("display")
        assert display.get("type") == "self" or display.get("value") in made
    values = {value.get("value") for value in provider.iter("stateValue") if value.get("type") == "string"}
    named = {value.get("value"): value.get("name") for value in xml.find("timeGraphView").iter("definedValue")}
    assert values - {"offline", "process", "none"} == set(named) == set(named.values())


def test_hypercalls_have_the_names_of_the_analyzers(xml, tmp_path):
    view = xml.findall("timeGraphView")[1]
    names = {int(value.get("value")): value.get("name") for value in view.iter("definedValue")}
    assert names.pop(HYPERCALL_UNDER_WAY) == "not answered"
    t = make.Trace().event("hypervisor_start", time=1, classes=0x1ff).event("domain_start")
    for number in range(64):
        t.event("pv_hypercall_subcall", number=number)
    t.event("hw_end").write(tmp_path)
    told = [item[2] for item in lanes_of(tmp_path)[0][1, 0, "subcall"]["items"]]
    assert names == {number: name for number, name in enumerate(told) if not name.startswith("hypercall ")}


# ---- what comes out ----------------------------------------------------------------------------------------------

def modes():
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff)
    t.event("domain_built", domid=1, mode="direct")
    switched(t, 100, None, (1, 0)).event("domain_start", domid=1)
    make.switch(t, "direct", "shadow", 10, domid=1)
    for change in (1, 1, -1, 1, 1):
        t.event("shadow_make" if change > 0 else "shadow_free", domid=1, kind="l1")
    make.switch(t, "shadow", "direct", 10, domid=1, result=-1, reason="no_memory")
    make.switch(t, "shadow", "writable", 10, domid=1)
    return t.event("domain_ended", domid=1).event("hw_end", time=t.time + 100)


def native():
    t = make.Trace().event("hypervisor_start", time=10, domid=NOBODY, classes=0x1ff).event("domain_built",
                                                                                           mode="native")
    t.event("domain_start")
    for source, target in ((0, 3), (3, 0), (0, 3)):
        t.event("hw_ring", **{"from": source, "to": target})
    return t.event("hw_end", time=100)


@pytest.mark.parametrize("trace", [entries, guests, make.several, modes, native])
def test_states_are_the_spans_of_the_timeline(xml, tmp_path, trace):
    trace().write(tmp_path)
    found = states(xml, tmp_path)
    lanes, whole = lanes_of(tmp_path)
    expected = {}
    # a later domain with the same number is the same one there; the timeline has entries of length 0, too
    for (domain, vcpu, name), lane in lanes.items():
        domid = None if domain is None else str(whole["domains"][domain]["domid"])
        path = {"mode": ("Domains", domid, "mode"), "shadow_frames": ("Shadow frames", domid),
                "state": ("Domains", domid, "vcpus", str(vcpu), "state"), "ring": ("Domains", domid, "vcpus", str(vcpu),
                                                                                   "ring"),
                "hypercall": ("Domains", domid, "vcpus", str(vcpu), "hypercall"),
                "fault": ("Domains", domid, "vcpus", str(vcpu), "fault")}.get(name)
        if path and domid is not None:
            spans = [item for item in lane["items"] if item[1] > item[0]]
            expected.setdefault(path, []).extend((begin, end, value if name == "shadow_frames" else text)
                                                 for begin, end, text, _, value in spans)
    numbers = {value.get("value"): value.get("name") for value in xml.findall("timeGraphView")[1].iter("definedValue")}
    numbers["255"] = "not recorded"
    checked = 0
    for path, spans in found.items():
        if path[0] == "Shadow frames" or path[-1] in ("mode", "state", "ring", "hypercall", "fault"):
            if path[-1] == "hypercall":
                spans = [(begin, end, numbers[str(value)]) for begin, end, value in spans]
            assert merged(spans) == merged(sorted(expected.pop(path, []))), path
            checked += 1
    assert checked >= 2 and not expected


def merged(spans):
    """Neighbours with the same value are one: a ring goes on at an event that changes nothing."""
    result = []
    for begin, end, value in spans:
        if result and result[-1][1:] == (begin, value):
            result[-1] = (result[-1][0], end, value)
        else:
            result.append((begin, end, value))
    return result


def test_processes_and_flushes(xml, tmp_path):
    make.golden().write(tmp_path)
    found = states(xml, tmp_path)
    lanes, _ = lanes_of(tmp_path)
    assert [value for *_, value in found["Domains", "0", "vcpus", "0", "process"]] == [0x2000, "init", "fork-cow"]
    flushes = {path[1]: spans[-1][2] for path, spans in found.items() if path[0] == "Flushes"}
    assert flushes == {"boot": 1, "base_pointer_switch": 3, "mmuext_invlpg_local": 1, "fpu_lazy": 1,
                       "mmuext_tlb_flush_local": 1}
    assert sum(flushes.values()) == sum(lane["count"] for key,
                                        lane in lanes.items() if key[2] == "flush") - 1  # one was elided
