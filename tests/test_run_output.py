"""The output directory: only a run's own files are replaced, and two runs never share one."""
import os

import pytest

import output


def names(path):
    return sorted(path.name for path in path.iterdir())


def test_new_directory_is_made_with_its_parents(tmp_path):
    with output.OutputDirectory(str(tmp_path / "a" / "b")) as out:
        assert os.path.isdir(out.file("machine"))


def test_files_of_an_earlier_run_go_and_others_stay(tmp_path):
    with output.OutputDirectory(str(tmp_path)) as out:
        for name in ("console.log", "summary.json", "tlb.csv", "notes.txt"):
            output.write_whole(out.file(name), "old")
        os.makedirs(out.file("trace", "ust"))
    with output.OutputDirectory(str(tmp_path)):
        assert names(tmp_path) == [".penumbra-run", "machine", "notes.txt"]


def test_directory_of_somebody_else_is_refused_and_unchanged(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(output.OutputError, match="no run wrote"):
        output.OutputDirectory(str(tmp_path)).__enter__()
    assert names(tmp_path) == ["thesis.tex"]


def test_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(output.OutputError, match="not a directory"):
        output.OutputDirectory(str(tmp_path / "file")).__enter__()
    with pytest.raises(output.OutputError, match="Not a directory"):
        output.OutputDirectory(str(tmp_path / "file" / "below")).__enter__()


def test_directory_in_use_is_refused_until_it_is_free(tmp_path):
    with output.OutputDirectory(str(tmp_path)) as out:
        output.write_whole(out.file("console.log"), "hello")
        with pytest.raises(output.OutputError, match="in use"):
            output.OutputDirectory(str(tmp_path)).__enter__()
        assert (tmp_path / "console.log").read_text() == "hello"
    with output.OutputDirectory(str(tmp_path)):
        assert not (tmp_path / "console.log").exists()


def test_link_in_place_of_a_file_is_removed_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").write_text("x")
    out = tmp_path / "out"
    with output.OutputDirectory(str(out)):
        pass
    os.symlink(victim, out / "trace")
    with output.OutputDirectory(str(out)):
        assert names(victim) == ["precious"] and not os.path.lexists(out / "trace")
