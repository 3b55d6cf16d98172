"""A privileged domain changes the paging mode of another that runs on and knows nothing of it (guests/t_control/modes.c)."""
import re

import pytest

from conftest import RUN, call


@pytest.mark.parametrize("mode", ["writable", "direct"])
def test_the_other_runs_on_in_each_mode(built, tmp_path, mode):
    described, out = tmp_path / "domains.txt", tmp_path / "run"
    described.write_text(f'kernel=t_control mem=16 privileged=yes cmdline="switches=1000 every=500"\n'
                         f'kernel=mini workload=fork-cow mem=24 mode={mode}\n')
    done = call(RUN, "--domains", described, "--boot", "scatter=7", "--out", out)
    console = (out / "console.log").read_text()
    assert done.returncode == 0, done.stdout[-3000:]
    assert "workload fork-cow: success" in console
    assert int(re.search(r"was changed (\d+) times", console)[1]) > 10
