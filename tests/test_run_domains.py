"""Several domains in a run: what a file of them may say, what the hypervisor is told, and a mix that runs."""
import re

import pytest

import domains
import options
from conftest import ROOT, SCATTER, call

RUN = ROOT / "bochs-config" / "run"
EIGHT = ROOT / "guests" / "domains" / "eight.txt"


def checked(file, *arguments):
    """The checked options of a run of this file."""
    return options.check(options.parser().parse_args(["--domains", str(file), *arguments]))


def write(tmp_path, text):
    file = tmp_path / "these.txt"
    file.write_text(text)
    return file


GOOD = """\
# two of them

kernel=mini workload=demand-swap mem=32 mode=writable policy=emulate   # the first
    weight=512 cap=50
    cmdline="pages=64 swap=100" hop=500 modes=shadow+writable
kernel=t_hello trusted=yes
kernel=t_hello privileged=yes vcpus=2 pool=100 restarts=3 policy=disconnect weight=256
"""


def test_a_file_of_domains(built, tmp_path):
    found = checked(write(tmp_path, GOOD), "--mem", "16", "--mode", "direct").domains
    assert [(domain.guest, domain.mode, domain.memory_mib) for domain in found] == [
        ("mini", "writable", 32), ("t_hello", "trusted", 16), ("t_hello", "direct", 16)]
    modules, words = domains.number_modules(found)
    assert words == [
        "domain=1,ramdisk=2,mem=32,mode=writable,policy=emulate,weight=512,cap=50,hop=500,modes=shadow+writable",
        "domain=3,mem=16,mode=trusted",
        "domain=3,mem=16,mode=direct,vcpus=2,pool=100,privileged=yes,restarts=3"]
    assert [module.words for module in modules] == [
        "mini.elf workload=demand-swap pages=64 swap=100", "ramdisk", "t_hello.elf"]
    assert domains.identities(found) == [1, 2, 0]
    assert domains.facts(found)[2] == {
        "id": 0, "kernel": "t_hello", "workload": "none", "mode": "direct", "policy": "disconnect", "memory_mib": 16,
        "weight": 256, "cap": 0, "vcpus": 2, "privileged": True, "trusted": False}


def test_the_words_are_those_of_the_hypervisor():
    source = (ROOT / "xen" / "boot" / "domain_words.c").read_text(encoding="utf-8")
    known = set(re.findall(r'\{ "([a-z_]+)", set_[a-z_]+ \}', source))
    assert known == set(domains.SETTINGS) | {"ramdisk"}


def test_paths_begin_at_the_file(built, tmp_path):
    kernel = tmp_path / "kernels" / "one.elf"
    kernel.parent.mkdir()
    kernel.write_bytes((ROOT / "build/guests/t_hello/t_hello.elf").read_bytes())
    (tmp_path / "disk").write_bytes(b"x")
    found = checked(write(tmp_path, "kernel=kernels/one.elf ramdisk=disk workload=anything\n")).domains[0]
    assert (found.kernel, found.ramdisk, found.words()) == (str(kernel), str(tmp_path / "disk"), "workload=anything")


def test_options_describe_one_domain(built):
    words = "--guest mini --policy emulate --vcpus 3 --hop 10 --hop-modes shadow+direct --restarts 2 --privileged yes"
    found = options.check(options.parser().parse_args(words.split()))
    assert options.boot_words(found) == (
        "mem=64 mode=shadow trace=agent classes=all domain=1,ramdisk=2,mem=64,mode=shadow,policy=emulate,vcpus=3,"
        "privileged=yes,restarts=2,hop=10,modes=shadow+direct")


WRONG = [
    ("kernel=mini mme=16", 1, ["'mme=16'", "mem=", "kernel=", "trusted="]),
    ("kernel=mini fast", 1, ["'fast'", "mem="]),
    ("kernel=mini\n\n  mem=16 mem=32", 3, ["mem=", "twice"]),
    ("kernel=mini\n  mem=7", 2, ["mem=7", "8", "1024"]),
    ("# none yet\nkernel=mini mode=fast", 2, ["mode=fast", "shadow", "trusted"]),
    ("kernel=mini policy=maybe", 1, ["policy=maybe", "disconnect", "emulate"]),
    ("kernel=mini weight=0", 1, ["weight=0", "65535"]),
    ("kernel=mini cap=101", 1, ["cap=101", "100"]),
    ("kernel=mini vcpus=9", 1, ["vcpus=9", "8"]),
    ("kernel=mini pool=15", 1, ["pool=15", "16", "4096"]),
    ("kernel=mini restarts=-1", 1, ["restarts=-1", "100000"]),
    ("kernel=mini hop=soon", 1, ["hop=soon", "ms"]),
    ("kernel=mini modes=shadow+trusted", 1, ["modes=shadow+trusted", "direct"]),
    ("kernel=mini privileged=true", 1, ["privileged=true", "yes, no"]),
    ("kernel=mini trusted=maybe", 1, ["trusted=maybe", "yes, no"]),
    ("kernel=mini trusted=yes mode=shadow", 1, ["trusted=yes", "mode=shadow"]),
    ("kernel=mini privileged=yes\nkernel=mini privileged=yes", 2, ["privileged=yes", "twice"]),
    ("kernel=mini\nkernel=nobody", 2, ["kernel=nobody", "t_hello", "ELF"]),
    ("kernel=no/such.elf", 1, ["no/such.elf", "No such file"]),
    ("workload=fork-cow", 1, ["kernel=", "t_hello"]),
    ("kernel=mini workload=dance", 1, ["workload=dance", "fork-cow"]),
    ("kernel=t_hello workload=dance", 1, ["workload=dance", "t_hello"]),
    ("kernel=mini ramdisk=no/such", 1, ["ramdisk=no/such"]),
    ("kernel=mini cmdline='a $b'", 1, ["cmdline", "'$'"]),
    ("kernel=mini cmdline=" + "a" * 1024, 1, ["cmdline=", "1023"]),
    ('kernel=mini\nkernel=mini cmdline="open', 2, ["quotation"]),
    ("  mem=16 kernel=mini", 1, ["beginning of a line"]),
]


@pytest.mark.parametrize("text,line,said", WRONG, ids=[text[-40:] for text, _, _ in WRONG])
def test_a_wrong_word_is_named_with_its_line(tmp_path, text, line, said):
    file = write(tmp_path, text + "\n")
    done = call(RUN, "--check", "--domains", file, "--out", tmp_path / "out")
    assert done.returncode == 2 and not (tmp_path / "out").exists()
    assert done.stderr.startswith(f"run: {file}:{line}: ") and len(done.stderr.splitlines()) == 1
    for words in said:
        assert words in done.stderr


def test_files_that_cannot_be(tmp_path):
    for text, said in [("# nothing\n", "0 domains"), ("kernel=mini\n" * 17, "17 domains"),
                       ("kernel=mini mem=1024\n" * 2, "2048"), (b"\xff\xfe", "not a text file")]:
        file = tmp_path / "these.txt"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        done = call(RUN, "--check", "--domains", file)
        assert done.returncode == 2 and said in done.stderr
    missing = call(RUN, "--check", "--domains", tmp_path / "missing.txt")
    assert missing.returncode == 2 and "DOMAINS=" in missing.stderr and "No such file" in missing.stderr


def test_the_boot_line_has_an_end(tmp_path):
    words = " ".join(["scatter=" + "1" * 100] + [f"audit={'f' * 3900}"])
    done = call(RUN, "--check", "--domains", EIGHT, "--boot", words)
    assert done.returncode == 2 and "4095" in done.stderr


@pytest.mark.parametrize("option", ["GUEST=mini", "WORKLOAD=fork-cow", "CMDLINE=pages=1", "VCPUS=2", "POLICY=emulate"])
def test_options_for_one_domain_are_refused_beside_a_file(option):
    done = call("make", "-s", "run", f"DOMAINS={EIGHT}", option, cwd=ROOT)
    assert done.returncode != 0 and option in done.stderr and "DOMAINS=" in done.stderr


def test_the_example_is_as_the_issue_wants_it():
    found = checked(EIGHT).domains
    assert len(found) == 8
    assert {domain.mode for domain in found} == set(domains.MODES) - {"native"}
    assert {domain.policy for domain in found if domain.mode == "writable"} == {"disconnect", "emulate"}
    assert {domain.policy_at_first() for domain in found if domain.mode == "shadow"} >= {"emulate", "oos"}
    assert len({domain.workload for domain in found}) >= 4 and len({domain.weight for domain in found}) >= 4


MIX = """\
kernel=mini workload=fork-cow mem=16 mode=shadow cmdline="rounds=2 pages=64"
kernel=mini workload=mmap-churn mem=16 mode=writable policy=emulate weight=512 cmdline="rounds=300"
kernel=mini workload=context-switch mem=16 mode=direct cap=40 cmdline="rounds=500"
kernel=t_hello mem=8 privileged=yes
"""


def test_a_mix_runs_to_success(run_domains, tmp_path):
    run = run_domains(write(tmp_path, MIX), boot=f"{SCATTER} audit=full")
    assert run.status == 0, run.explain()
    summary = run.summary
    assert (summary["tlb"]["unexplained"], summary["oracle"]["violations"], summary["trace"]["lost"]) == (0, 0, 0)
    for workload in ["fork-cow", "mmap-churn", "context-switch"]:
        assert f"workload {workload}: success (0)" in run.console
    assert [(domain["id"], domain["mode"]) for domain in summary["run"]["domains"]] == [
        (1, "shadow"), (2, "writable"), (3, "direct"), (0, "shadow")]
    assert {(domain["id"], domain["outcome"], domain["reason"]) for domain in summary["domains"]} == {
        (number, "success", "poweroff") for number in range(4)}
    assert (summary["run"]["guest"], summary["run"]["mode"], summary["run"]["memory_mib"]) == (None, None, 56)
    assert run.printed.startswith("domain 1: mini, workload fork-cow, mode shadow, 16 MiB\n")
    assert "\n4 domains, 56 MiB, trace insn -> " in run.printed


def test_the_gravest_outcome_is_the_runs(run_domains, tmp_path):
    text = "kernel=t_hello mem=8\nkernel=t_outcome mem=8 cmdline='outcome=failure'\nkernel=t_outcome mem=8\n"
    run = run_domains(write(tmp_path, text))
    assert run.status == 5, run.explain()
    assert [domain["outcome"] for domain in run.summary["domains"]] == ["success", "failure", "skip"]
    assert "domain 2" in run.last_line


def test_a_run_of_one_has_its_domain_in_the_summary(run_guest):
    run = run_guest("t_hello", policy="emulate", mode="writable")
    assert run.status == 0, run.explain()
    [domain] = run.summary["run"]["domains"]
    assert (domain["id"], domain["kernel"], domain["mode"], domain["policy"]) == (1, "t_hello", "writable", "emulate")
    assert (run.summary["run"]["guest"], run.summary["run"]["mode"]) == ("t_hello", "writable")


def test_a_last_line_without_an_end_is_printed(run_domains, tmp_path):
    file = tmp_path / "domains.txt"
    file.write_text('kernel=t_outcome mem=8 cmdline="outcome=success say=unfinished"\nkernel=t_outcome mem=8 cmdline=outcome=success\n',
                    encoding="utf-8")
    run = run_domains(file, trace="off")
    assert run.status == 0, run.explain()
    assert "(d1) unfinished\n" in run.console
