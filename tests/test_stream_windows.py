"""What is recorded and what not: windows by ring, instruction, domain and marker, and the flight recorder, each against a
run of the same machine of which everything was recorded."""
import itertools

import pytest

from stream_listing import Listing, build_lister
from trace_machine import Machine, build_assembly, build_kernel, build_libraries

LONGEST_RUN = 1000       # a window opens and closes at the end of a run; those of this kernel are shorter by far
# what the fixtures make is made once, not by every worker
pytestmark = pytest.mark.xdist_group("windows")


@pytest.fixture(scope="module")
def lister(tmp_path_factory):
    build_libraries()
    return build_lister(tmp_path_factory.mktemp("lister"))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernel") / "handover.elf"
    build_kernel(path)
    return path


@pytest.fixture(scope="module")
def record(lister, kernel, tmp_path_factory):
    """A function: the stream of the kernel with these words, recorded as the environment says."""
    def run(words="good", depth="mem", status=0, **environment):
        machine = Machine(tmp_path_factory.mktemp("run") / "machine", kernel, words)
        found, printed = machine.run(traced=depth, **environment)
        assert found == status, printed
        listing = Listing(lister, machine.out / "trace")
        assert listing.damage == ""
        listing.machine = machine
        return listing
    return run


@pytest.fixture(scope="module")
def whole(record):
    return record()


def phases(listing):
    """{number: time} of the guest's phase markers."""
    lines = [line for line in listing.machine.events() if "penumbra:marker:" in line and '"phase"' in line]
    return {int(line.split(" a = ")[1].split(",")[0], 0): int(line.split("]")[0].strip("[")) for line in lines}


def check_cover(listing, whole):
    """Instructions and gaps that somebody asked for are all there is, and what was recorded is as in the whole run."""
    reference, found = dict(whole.instructions()), dict(listing.instructions())
    assert all(asked for _, _, asked in listing.gaps())
    spans = sorted([(time, time + 1) for time in found] + [(first, until) for first, until, _ in listing.gaps()])
    assert all(until == first for (_, until), (first, _) in itertools.pairwise(spans)), "a hole, or two at once"
    assert (spans[0][0], spans[-1][1]) == (0, max(reference) + 1)
    assert all(reference[time] == address for time, address in found.items())
    assert listing.machine.status.get("recorded", len(found)) == len(found)
    return found


def accesses_at(listing, times):
    return [access for access in listing.accesses() if access[0] in times]


def test_a_ring(record, whole):
    listing = record(PENUMBRA_WINDOW="ring=3")
    found = check_cover(listing, whole)
    rings = whole.rings()
    assert set(found) == {time for time, ring in rings.items() if ring == 3}
    assert len(listing.gaps()) > 300                       # a call a round, faults, interrupts
    assert listing.accesses() == accesses_at(whole, found)


def test_two_rings_are_everything(record, whole):
    listing = record(PENUMBRA_WINDOW="ring=0+3")
    assert listing.lines == whole.lines


def test_instructions(record, whole):
    first = whole.instructions()[0][0]
    listing = record(PENUMBRA_WINDOW=f"from={first + 20000},until={first + 30000}")
    found = check_cover(listing, whole)
    assert first + 20000 <= min(found) < first + 20000 + LONGEST_RUN
    assert first + 30000 <= max(found) + 1 < first + 30000 + LONGEST_RUN
    assert listing.accesses() == accesses_at(whole, found)


def test_a_marker(record, whole):
    begin, end = phases(whole)[200], phases(whole)[100]
    listing = record(PENUMBRA_WINDOW="marker=200")
    found = check_cover(listing, whole)
    assert begin <= min(found) <= begin + LONGEST_RUN and end <= max(found) <= end + LONGEST_RUN


def test_a_marker_in_a_ring(record, whole):
    begin, end = phases(whole)[200], phases(whole)[100]
    found = check_cover(record(PENUMBRA_WINDOW="marker=200,ring=3"), whole)
    rings = whole.rings()
    assert set(found) == {time for time, ring in rings.items() if ring == 3 and begin < time < end}


def test_a_domain(record):
    """The kernel says that domain 1 runs, then domain 2, and that nobody does; each window opens with what it says."""
    whole = record("maps own switch", PENUMBRA_WINDOW="domain=1+2+idle")
    parts = [check_cover(record("maps own switch", PENUMBRA_WINDOW=f"domain={domain}"), whole) for domain in ("1", "2", "idle")]
    assert all(parts)
    assert sum(len(part) for part in parts) == len(whole.instructions())
    one, two, nobody = parts
    assert max(nobody) < min(one) and max(one) < min(two)


def test_accesses_alone(record, whole):
    listing = record(PENUMBRA_MEM_WINDOW="ring=3")
    assert listing.instructions() == whole.instructions()
    assert listing.of("walk") == whole.of("walk")
    ring3 = {time for time, ring in whole.rings().items() if ring == 3}
    recorded = {int(time) for _, time, *_, accesses in listing.of("run") if accesses == "1"}
    assert recorded and recorded <= ring3
    assert all(accesses == "0" for _, time, *_, accesses in listing.of("run") if int(time) not in ring3)
    assert listing.accesses() == accesses_at(whole, ring3)


def test_without_accesses(record, whole):
    listing = record(depth="insn")
    assert listing.instructions() == whole.instructions()
    assert listing.of("walk") == whole.of("walk") and listing.of("transfer") == whole.of("transfer")
    assert listing.accesses() == [] and not any(words[-1] == "1" for words in listing.of("run"))


def test_the_last_million(record):
    """Of some 50 million instructions."""
    whole = record("long", depth="insn", PENUMBRA_WINDOW="marker=100")          # the last phase, some 50,000 instructions
    listing = record("long", PENUMBRA_FLIGHT="1")
    found = listing.instructions()
    assert listing.gaps() == [(0, found[0][0], True)]
    assert 1000000 <= len(found) <= 1300000
    assert found[-len(whole.instructions()):] == whole.instructions()
    assert listing.accesses()


def test_the_million_before_an_event(record):
    listing = record("long", PENUMBRA_FLIGHT="1", PENUMBRA_FLIGHT_EVENT="marker=50000")
    time, found = phases(listing)[50000], listing.instructions()
    assert 1000000 <= len(found) <= 1300000
    assert time <= found[-1][0] <= time + LONGEST_RUN
    end = max(int(line.split("]")[0].strip("[")) for line in listing.machine.events())
    assert listing.gaps() == [(0, found[0][0], True), (found[-1][0] + 1, end + 1, True)]


def test_an_event_outside_of_the_window(record):
    listing = record("long", PENUMBRA_FLIGHT="1", PENUMBRA_FLIGHT_EVENT="marker=49800", PENUMBRA_WINDOW="marker=50000")
    found, end = listing.instructions(), max(int(line.split("]")[0].strip("[")) for line in listing.machine.events())
    assert 0 < len(found) < 100000 and found[-1][0] <= phases(listing)[49800]
    assert all(asked for _, _, asked in listing.gaps()) and listing.gaps()[-1][1] == end + 1
    assert listing.machine.status["flight_event"] and listing.machine.status["recorded"] == len(found)


def test_the_last_million_of_what_is_always_the_same(lister, tmp_path):
    """Nothing is written while every guess is right; packets end all the same, and an eighth more is kept at most."""
    kernel = tmp_path / "loop.elf"
    build_assembly(kernel, "tests/trace/loop.S")
    machine = Machine(tmp_path / "machine", kernel, "")
    status, printed = machine.run(traced="insn", PENUMBRA_FLIGHT="1")
    assert status == 0, printed
    assert 1000000 <= len(Listing(lister, machine.out / "trace").instructions()) <= 1125000 + LONGEST_RUN


def test_less_than_a_million(record, whole):
    assert record(PENUMBRA_FLIGHT="1").lines == whole.lines


def test_a_panic(record):
    listing = record("triple", status=7, PENUMBRA_FLIGHT="1")
    assert listing.instructions() and [words[2] for words in listing.of("transfer")][-1:] == ["0"]     # an exception


def test_an_event_that_never_comes_is_the_end(record, whole):
    listing = record(PENUMBRA_FLIGHT="1", PENUMBRA_FLIGHT_EVENT="crash")
    assert listing.lines == whole.lines
    assert listing.machine.status["flight_event"] is False and "recorded" not in whole.machine.status


def test_a_violation_is_an_event(record):
    listing = record("maps others", status=10, PENUMBRA_FLIGHT="1", PENUMBRA_FLIGHT_EVENT="violation")
    whole = record("maps others", status=10)
    violation = next(line for line in listing.machine.events() if "hw_violation" in line)
    time = int(violation.split("]")[0].strip("["))
    found = listing.instructions()
    assert found == whole.instructions()[:len(found)] and time <= found[-1][0] <= time + LONGEST_RUN


WRONG = {
    "PENUMBRA_WINDOW": ["ring", "ring=", "ring=4", "ring=0+", "ring=0++1", "from=-1", "from=x", "domain=nobody", "marker=4294967296",
                        "from=1,", ",", "ring=1 ,until=2", "rings=1", "ring=1,ring=2", "from=1+2", "marker=1+2", "from=8,until=8",
                        "domain=" + "+".join(map(str, range(17)))],
    "PENUMBRA_MEM_WINDOW": ["ring=5"],
    "PENUMBRA_FLIGHT": ["0", "-1", "4001", "1x"],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(kernel, tmp_path, name):
    for number, value in enumerate(WRONG[name]):
        machine = Machine(tmp_path / str(number), kernel, "good")
        status, printed = machine.run(traced="mem", **{name: value})
        assert (status, f"{name}={value}; it must be" in printed) == (2, True), printed


def test_events_that_are_refused(kernel, tmp_path):
    machine = Machine(tmp_path / "machine", kernel, "good")
    status, printed = machine.run(traced="mem", PENUMBRA_FLIGHT="1", PENUMBRA_FLIGHT_EVENT="marker=")
    assert (status, "PENUMBRA_FLIGHT_EVENT=marker=; it must be end, crash, violation or marker=N" in printed) == (2, True), printed
