"""The engine's instruction decoder against a disassembler library: every opcode in every form, and libFuzzer on its corpus;
and libFuzzer on long sequences of moves in the small world (tests/unit/small/).

FUZZ_RUNS and FUZZ_SEQUENCE_RUNS in the environment replace how many byte strings and sequences libFuzzer tries.
"""
import os
import pathlib
import re
import subprocess

import pytest

from test_small import with_a_mistake

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "fuzz" / "corpus" / "decode"
SEQUENCES = ROOT / "tests" / "fuzz" / "corpus" / "sequence"
STORE = re.compile(r"^(\w+) +(\d+) decoded +(\d+) by itself$", re.MULTILINE)


@pytest.fixture(scope="session")
def fuzzers():
    """The programs, built under the lock that every build takes."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    (ROOT / "build").mkdir(exist_ok=True)
    done = subprocess.run(["flock", "build/.lock", "make", "--no-print-directory", "fuzzers"], cwd=ROOT, env=environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    return ROOT / "build" / "fuzz"


def documented():
    """Of docs/shadow.md's table: the instructions that run by themselves."""
    text = (ROOT / "docs" / "shadow.md").read_text()
    table = text.split("| runs by itself | why |")[1].split("\n\n")[0]
    return {word for line in table.splitlines()[2:] for word in re.findall(r"`(\w+)`", line.split("|")[1])}


def test_every_form(fuzzers):
    """No difference; and what writes memory and is not decoded is what docs/shadow.md says."""
    done = subprocess.run([fuzzers / "decode_forms"], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[:4000]
    seen = {name: (int(decoded), int(itself)) for name, decoded, itself in STORE.findall(done.stdout)}
    assert len(seen) > 80
    assert int(re.search(r"decode_forms: (\d+) strings, 0 differences", done.stdout).group(1)) > 70_000_000
    assert {name for name, (_, itself) in seen.items() if itself != 0} == documented()


def test_fuzzer(fuzzers, tmp_path):
    """A fixed number of byte strings, grown from the corpus with a fixed seed."""
    runs = os.environ.get("FUZZ_RUNS", "2000000")
    done = subprocess.run([fuzzers / "decode_fuzzer", f"-runs={runs}", "-seed=1", "-max_len=15", tmp_path, CORPUS],
                          cwd=tmp_path, capture_output=True, text=True, timeout=36000, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    assert f"Done {runs} runs" in done.stderr


MUTATIONS = {
    "shift by one": ("decode_tables.c", "[0xd1] = {GROUP_2, G | FORM_ONE}", "[0xd1] = {GROUP_2, G | I8}", "length"),
    "stack segment": ("decode.c", "instruction->base == REGISTER_ESP || ", "", "segment"),
    "lock": ("decode.c", "prefixes->lock = true", "", "it is no instruction"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_corpus_finds_a_mistake(built, tmp_path, name):
    """With a mistake in the decoder the corpus alone finds a difference."""
    file, what, by, difference = MUTATIONS[name]
    (tmp_path / "shadow").mkdir()
    for source in ("decode.c", "decode_tables.c"):
        text = (ROOT / "shadow" / source).read_text()
        assert source != file or text.count(what) == 1
        (tmp_path / "shadow" / source).write_text(text.replace(what, by) if source == file else text)
    sources = f"FUZZ_ORACLE=tests/fuzz/decoder_oracle.c {tmp_path}/shadow/decode.c {tmp_path}/shadow/decode_tables.c"
    program = tmp_path / "decode_fuzzer"
    done = subprocess.run(["make", "--no-print-directory", sources, f"FUZZ_FUZZER={program}", program], cwd=ROOT, check=False,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([program, "-runs=0", CORPUS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and f": {difference}\n" in done.stderr


def test_sequences(fuzzers, tmp_path):
    """A fixed number of sequences, of at most 64 moves, with another vcpu's turns in between."""
    runs = os.environ.get("FUZZ_SEQUENCE_RUNS", "20000")
    done = subprocess.run([fuzzers / "sequence_fuzzer", f"-runs={runs}", "-seed=1", "-max_len=192", tmp_path, SEQUENCES],
                          cwd=tmp_path, capture_output=True, text=True, timeout=36000, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-4000:]
    assert f"Done {runs} runs" in done.stderr


SEQUENCE_MUTATIONS = {
    "F2": ("protect.c", "    forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);", "", "S4, F2: "),
    "F4": ("pool.c", "list_push(shadow, LIST_QUARANTINE, page)", "list_push(shadow, LIST_FREE, page)", "S3, S8: "),
    "F6": ("flush.c", "if (shadow->stale & LOST_SPLINTER)", "if (0)", "S3, S8: "),
    "O4": ("oos.c", "if (shadows[i] != 0) {", "if (shadows[i] == 1) {", "the audit finds something"),
    "W5": ("dirty.c", "forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);", "", "W1, W5: "),
    "A2": ("set.c", "note_used(shadow, old); /* A2 */", "", "A2, A3: "),
    "P2": ("protect.c", "has_superpages(shadow, mfn.n, true)", "0", "the audit finds something"),
}


@pytest.mark.parametrize("rule", SEQUENCE_MUTATIONS)
def test_sequences_find_a_mistake(fuzzers, tmp_path, rule):
    """With a mistake in the engine the corpus alone finds a state that breaks a rule."""
    file, what, by, found = SEQUENCE_MUTATIONS[rule]
    program = tmp_path / "sequence_fuzzer"
    done = subprocess.run(["make", "--no-print-directory", f"SMALL_INSTEAD={with_a_mistake(tmp_path, file, what, by)}",
                           f"FUZZ_SEQUENCES={program}", program], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    done = subprocess.run([program, "-runs=0", SEQUENCES], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and found in done.stderr, done.stderr[-4000:]
