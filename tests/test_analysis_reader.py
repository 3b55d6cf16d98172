"""The reader: traces that are missing, empty, foreign, cut off, overwritten or made by another version.

Nothing may hang, crash or print half a result; what can be read is used, and what is wrong is said with the exit
status of its kind.
"""
import os
import pathlib
import random
import shutil
import signal
import subprocess
import tempfile

import pytest

from traces import make, tools

PAGE = 4096


@pytest.fixture(scope="module", autouse=True)
def analyzers():
    tools.build()


@pytest.fixture
def folder(tmp_path):
    """A golden trace of several packets; returns (directory, folder with the files)."""
    inner = make.golden().write(tmp_path / "trace", events_a_packet=10)
    return tmp_path / "trace", inner


def change(path, edit):
    """Rewrite the file at path: edit gets a bytearray and returns what is written."""
    path.write_bytes(edit(bytearray(path.read_bytes())))


def expect(directory, status, what, tool="tlb"):
    """The tool ends with status and says what; returns the CompletedProcess."""
    done = tools.run(tool, directory)
    assert done.returncode == status, done.stderr
    assert what in done.stderr
    assert (done.stdout == "") == (status == tools.NOTHING)
    return done


# ---- nothing can be read -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("tool", ["tlb", "summary", "measure", "events", "modes"])
def test_missing(tmp_path, tool):
    expect(tmp_path / "nowhere", tools.NOTHING, "there is no such directory", tool)


def test_not_a_directory(tmp_path):
    (tmp_path / "file").write_text("text")
    expect(tmp_path / "file", tools.NOTHING, "it is not a directory")


def test_empty_directory(tmp_path):
    (tmp_path / "trace" / "deep").mkdir(parents=True)
    expect(tmp_path / "trace", tools.NOTHING, "it is empty")


def test_directory_with_other_files(tmp_path):
    (tmp_path / "notes.txt").write_text("text")
    expect(tmp_path, tools.NOTHING, "no file called metadata")


def test_directory_that_may_not_be_read():
    """Root may read everything, so somebody else looks, in a place that is open to all."""
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        closed = pathlib.Path(name) / "trace"
        closed.mkdir(mode=0)
        program = shutil.copy(tools.ROOT / "analysis" / "tlb", name)
        done = subprocess.run([*somebody, program, closed], capture_output=True, text=True,
                              check=False, timeout=tools.TIMEOUT)
    assert (done.returncode, done.stdout) == (tools.NOTHING, "")
    assert "may not be listed: permission denied" in done.stderr


def test_missing_metadata(folder):
    (folder[1] / "metadata").unlink()
    expect(folder[0], tools.NOTHING, "no file called metadata")


@pytest.mark.parametrize("length", [20, 50, 4090, 5000, 7000])
def test_metadata_cut_off(folder, length):
    change(folder[1] / "metadata", lambda content: content[:length])
    expect(folder[0], tools.NOTHING, "its metadata is cut off")


def test_empty_metadata(folder):
    change(folder[1] / "metadata", lambda content: b"")
    expect(folder[0], tools.NOTHING, "its metadata is empty")


def test_metadata_overwritten(folder):
    change(folder[1] / "metadata", lambda content: bytes(len(content)))
    expect(folder[0], tools.NOTHING, "its metadata is not that of CTF 1.8")


def test_metadata_packet_overwritten(folder):
    change(folder[1] / "metadata", lambda content: content[:PAGE] + bytes(40) + content[PAGE + 40:])
    expect(folder[0], tools.NOTHING, "its metadata is damaged")


def test_metadata_that_says_nonsense(folder):
    change(folder[1] / "metadata", lambda content: content.replace(b"struct event_header_large", b"struct event header large"))
    expect(folder[0], tools.NOTHING, "it cannot be opened")


def test_no_stream(folder):
    (folder[1] / "channel0_0").unlink()
    expect(folder[0], tools.NOTHING, "it holds no event")


def test_empty_stream(folder):
    change(folder[1] / "channel0_0", lambda content: b"")
    expect(folder[0], tools.NOTHING, "it holds no event")


def test_stream_of_garbage(folder):
    change(folder[1] / "channel0_0", lambda content: random.Random(1).randbytes(len(content)))
    expect(folder[0], tools.NOTHING, "byte 0: no packet begins there")


def test_several_traces(tmp_path):
    for name in ("first", "second"):
        make.golden().write(tmp_path / "runs" / name)
    done = expect(tmp_path / "runs", tools.NOTHING, "it holds 2 traces; name one of them:")
    assert all(f"{tmp_path}/runs/{name}/uid/0/64-bit" in done.stderr for name in ("first", "second"))


def test_foreign_trace(tmp_path):
    make.Trace(provider="other").event("domain_start").write(tmp_path / "trace")
    expect(tmp_path / "trace", tools.NOTHING, "not a trace of Penumbra")


def test_only_records_of_a_newer_version(tmp_path):
    make.Trace().unknown("penumbra:shadow_pae").write(tmp_path / "trace")
    expect(tmp_path / "trace", tools.NOTHING, "records that this version does not know")


# ---- a part can be read ------------------------------------------------------------------------------------------

def events_before(directory, end):
    """The events printed for directory are the first ones of the golden trace, and there are some; end: of the warning."""
    done = expect(directory, tools.INCOMPLETE, f"it ends early at instruction {end}", "events")
    lines = done.stdout.splitlines()
    all_times = [time for time, _, _ in make.golden().events]
    assert [int(line.split()[0]) for line in lines] == all_times[:len(lines)]
    assert lines
    return len(lines)


def whole_events(first, length, header_only=False):
    """How many of the golden trace's events from number first on, in one packet, lie within length bytes of it."""
    used = make.PACKET_HEADER_BYTES
    for count, (_, _, payload) in enumerate(make.golden().events[first:first + 10]):
        if used + 14 + (0 if header_only else len(payload)) > length:
            return count
        used += 14 + len(payload)
    return 10


def test_without_its_end(tmp_path):
    make.golden(ending=False).write(tmp_path / "trace")
    assert events_before(tmp_path / "trace", 4100) == len(make.golden().events) - 2


def test_cut_within_a_packet_keeps_the_events_before(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 400])
    count = 20 + whole_events(20, 400)
    assert events_before(folder[0], make.golden().events[count - 1][0]) == count
    expect(folder[0], tools.INCOMPLETE, "byte 8192: the file ends within a packet")


def test_cut_within_the_first_packet(folder):
    change(folder[1] / "channel0_0", lambda content: content[:400])
    count = whole_events(0, 400)
    assert events_before(folder[0], make.golden().events[count - 1][0]) == count


def test_cut_within_a_packet_header(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 50])
    assert events_before(folder[0], make.golden().events[19][0]) == 20


def test_cut_between_packets(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE])
    assert events_before(folder[0], make.golden().events[19][0]) == 20


def test_every_length_gives_a_prefix(folder):
    whole = (folder[1] / "channel0_0").read_bytes()
    counts = []
    for length in range(100, 3 * PAGE, 397):
        (folder[1] / "channel0_0").write_bytes(whole[:length])
        done = tools.run("events", folder[0])
        assert done.returncode in (tools.INCOMPLETE, tools.NOTHING), done.stderr
        counts.append(len(done.stdout.splitlines()))
    assert counts == sorted(counts) and counts[-1] > 20


def test_a_packet_overwritten(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE] + b"\xa5" * 200 + content[2 * PAGE + 200:])
    assert events_before(folder[0], make.golden().events[19][0]) == 20
    expect(folder[0], tools.INCOMPLETE, "no packet begins there")


def test_events_overwritten(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 300] + b"\xa5" * 300 + content[2 * PAGE + 600:])
    count = 20 + whole_events(20, 300, header_only=True)   # the last one's fields may be overwritten; nothing can tell
    assert events_before(folder[0], make.golden().events[count - 1][0]) == count


def test_a_packet_of_another_trace(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 4] + bytes(16) + content[2 * PAGE + 20:])
    assert events_before(folder[0], make.golden().events[19][0]) == 20
    expect(folder[0], tools.INCOMPLETE, "belongs to another trace")


def test_packets_in_the_wrong_order(folder):
    change(folder[1] / "channel0_0", lambda content: content[:PAGE] + content[2 * PAGE:3 * PAGE] + content[PAGE:2 * PAGE])
    expect(folder[0], tools.INCOMPLETE, "does not follow the one before it")


@pytest.mark.parametrize("seed", range(30))
def test_random_damage_is_survived(folder, seed):
    choose = random.Random(seed)

    def damage(content):
        for _ in range(choose.randint(1, 20)):
            content[choose.randrange(len(content))] = choose.randrange(256)
        return content[:choose.randint(1, len(content))] if choose.random() < 0.3 else content

    change(folder[1] / choose.choice(["channel0_0", "channel0_0", "metadata"]), damage)
    for tool in ("tlb", "summary", "modes"):
        done = tools.run(tool, folder[0])
        assert done.returncode in (tools.FINE, tools.OFFENCE, tools.NOTHING, tools.INCOMPLETE), done.stderr
        assert done.returncode == tools.FINE or done.stderr
        assert (done.stdout == "") == (done.returncode == tools.NOTHING)


def test_the_trace_is_not_touched_and_nothing_is_left_behind(folder, tmp_path):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 400])
    before = {path.name: path.read_bytes() for path in folder[1].iterdir()}
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    tools.run("tlb", folder[0], env={**os.environ, "TMPDIR": str(scratch)})
    assert {path.name: path.read_bytes() for path in folder[1].iterdir()} == before
    assert list(scratch.iterdir()) == []


def test_a_reader_that_is_stopped_leaves_nothing_behind(tmp_path):
    """`events | head`: the program ends by SIGPIPE in the middle."""
    t = make.Trace().event("hypervisor_start")
    for _ in range(5000):
        t.event("marker", text="a line of output")
    stream = t.write(tmp_path / "trace", events_a_packet=500) / "channel0_0"
    change(stream, lambda content: content[:-PAGE])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with subprocess.Popen([tools.ROOT / "analysis" / "events", tmp_path / "trace"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, env={**os.environ, "TMPDIR": str(scratch)}) as reader:
        assert reader.stdout.readline().endswith(b"classes=0x0\n")
        reader.stdout.close()
        assert reader.wait(tools.TIMEOUT) == -signal.SIGPIPE
    assert list(scratch.iterdir()) == []


def test_no_room_for_the_readable_part(folder, tmp_path):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 400])
    done = tools.run("tlb", folder[0], env={**os.environ, "TMPDIR": str(tmp_path / "nowhere")})
    assert done.returncode == tools.NOTHING
    assert "temporary folder" in done.stderr


# ---- loss, versions, places --------------------------------------------------------------------------------------

def test_lost_events_are_counted(tmp_path):
    make.golden().write(tmp_path / "trace", events_a_packet=10, discarded=[0, 0, 7, 7, 9])
    expect(tmp_path / "trace", tools.INCOMPLETE, "9 events and 0 packets were lost")
    assert tools.summary(tmp_path / "trace")[1]["trace"]["lost"] == 9


def test_a_missing_packet_is_counted(folder):
    change(folder[1] / "channel0_0", lambda content: content[:3 * PAGE] + content[4 * PAGE:])
    expect(folder[0], tools.INCOMPLETE, "0 events and 1 packets were lost")


def test_a_record_of_a_newer_version_is_skipped(tmp_path):
    t = make.golden(ending=False).unknown("penumbra:shadow_pae").unknown("penumbra:shadow_pae").unknown("penumbra:other")
    t.snapshot().event("hw_end").write(tmp_path / "trace")
    done = expect(tmp_path / "trace", tools.FINE,
                  "3 records skipped that this version does not know (first: penumbra:shadow_pae)")
    assert "unexplained: 0" in done.stdout


def test_events_of_others_are_skipped(tmp_path):
    t = make.golden(ending=False).unknown("lttng_ust_statedump:start")
    t.snapshot().event("hw_end").write(tmp_path / "trace")
    done = tools.run("tlb", tmp_path / "trace")
    assert (done.returncode, done.stderr) == (tools.FINE, "")


def test_a_field_more_and_a_field_less(tmp_path, monkeypatch):
    records = {name: dict(record) for name, record in make.RECORDS.items()}
    records["flush"]["fields"] = [{"name": "reserved", "type": "u64"}] + [
        field for field in records["flush"]["fields"] if field["name"] != "pages"]
    monkeypatch.setattr(make, "RECORDS", records)
    t = make.Trace()
    t.event("hypervisor_start").event("domain_start").flush(label="flush_tlb_mm").event("hw_end")
    t.write(tmp_path / "trace")
    status, found, complaint = tools.tlb(tmp_path / "trace")
    assert (status, complaint) == (tools.FINE, "")
    assert [(group["cause"], group["whole"]) for group in found["run"]["groups"]] == [("flush_tlb_mm", 1)]


def test_a_field_of_another_type(tmp_path, monkeypatch):
    records = {name: dict(record) for name, record in make.RECORDS.items()}
    records["flush"]["fields"] = [{"name": "means", "type": "text4"}]
    monkeypatch.setattr(make, "RECORDS", records)
    make.Trace().event("hypervisor_start").event("flush", means="abc").event("hw_end").write(tmp_path / "trace")
    expect(tmp_path / "trace", tools.FINE, "1 records skipped that this version does not know (first: penumbra:flush)")


@pytest.mark.parametrize("nested", [".", "uid/0/64-bit", "a/b/c/d"])
def test_wherever_the_files_lie(tmp_path, nested):
    make.golden().write(tmp_path / "trace", nested=nested)
    assert tools.run("tlb", tmp_path / "trace").returncode == tools.FINE


def test_relative_path_with_slash(tmp_path):
    make.golden().write(tmp_path / "trace")
    assert tools.run("tlb", "trace/", cwd=tmp_path).returncode == tools.FINE


def test_damage_under_a_relative_path(folder):
    change(folder[1] / "channel0_0", lambda content: content[:2 * PAGE + 400])
    done = tools.run("events", "trace", cwd=folder[0].parent)
    assert done.returncode == tools.INCOMPLETE and len(done.stdout.splitlines()) > 20


def test_metadata_as_plain_text(tmp_path):
    make.golden().write(tmp_path / "trace", plain_metadata=True)
    assert tools.run("tlb", tmp_path / "trace").returncode == tools.FINE


def test_streams_are_merged_by_time(tmp_path):
    t = make.golden()
    inner = t.write(tmp_path / "trace")
    events = t.events
    for number in (0, 1):
        t.events = [event for event in events if event[0] % 2 == number]
        (inner / f"channel0_{number}").write_bytes(b"".join(t.packets(stream=number)))
    done = tools.run("events", tmp_path / "trace")
    assert [int(line.split()[0]) for line in done.stdout.splitlines()] == sorted(time for time, _, _ in events)


def any_value(choose, kind):
    if kind.startswith("text"):
        return choose.choice(["", "", "a", "fork-cow", "x" * 40])
    if kind.startswith("enum:"):
        return choose.choice(list(make.SCHEMA["enum"][kind[5:]]["values"]))
    if kind == "s32":
        return -choose.getrandbits(31)
    return choose.getrandbits(64 if kind == "u64" else choose.choice([1, 32]))


@pytest.mark.parametrize("header", ["extended", "large", "compact"])
def test_both_ways_of_reading_say_the_same(tmp_path, header):
    """One stream is read directly, several are by libbabeltrace2."""
    choose = random.Random(7)
    t = make.Trace(header=header)
    for number in range(2000):
        record = choose.choice(list(make.RECORDS.values()))
        t.event(record["name"], time=t.time + choose.choice([0, 1, 5, 1 << 26, 1 << 31, 1 << 33]),
                domid=choose.randrange(3), vcpu=choose.randrange(2),
                **{field["name"]: any_value(choose, field["type"]) for field in record["fields"]})
        if number % 100 == 0:
            t.unknown("penumbra:unheard_of")
    inner = t.write(tmp_path / "trace")
    direct = tools.run("events", tmp_path / "trace")
    assert len(direct.stdout.splitlines()) > 2000 and "20 records skipped" in direct.stderr
    last = make.Trace(header=header).event("lost_records", time=t.time + 1)
    (inner / "channel0_1").write_bytes(b"".join(last.packets(stream=1)))
    merged = tools.run("events", tmp_path / "trace").stdout
    assert merged.startswith(direct.stdout) and len(merged.splitlines()) == len(direct.stdout.splitlines()) + 1


def test_damage_in_one_stream_ends_the_other_too(tmp_path):
    t = make.golden()
    inner = t.write(tmp_path / "trace")
    events = t.events
    t.events = [event for event in events if event[0] % 2]
    cut = t.packets(events_a_packet=5, stream=1)
    (inner / "channel0_1").write_bytes(cut[0] + bytes(PAGE))
    last = t.events[4][0]
    t.events = [event for event in events if event[0] % 2 == 0]
    (inner / "channel0_0").write_bytes(b"".join(t.packets()))
    done = tools.run("events", tmp_path / "trace")
    assert done.returncode == tools.INCOMPLETE
    times = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert times == sorted(time for time, _, _ in events if time <= last)


def test_a_million_events_a_second(tmp_path):
    """The speed that the design promises, with room for a busy machine: 100,000 events in half a second of processor time."""
    t = make.Trace()
    t.event("hypervisor_start", classes=0x7f).event("domain_start").flush()
    pair = t.events[-2:]
    for number in range(50000):
        t.events += [(10 + 2 * number + at, event, payload) for at, (_, event, payload) in enumerate(pair)]
    t.time = 300000
    t.event("hw_end").write(tmp_path / "trace", events_a_packet=20000)
    before = os.times()
    done = tools.run("tlb", tmp_path / "trace")
    after = os.times()
    shutil.rmtree(tmp_path / "trace")
    assert "50,001; unexplained: 0" in done.stdout
    assert after.children_user + after.children_system - before.children_user - before.children_system < 0.5
