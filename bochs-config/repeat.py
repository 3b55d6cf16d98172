"""The command that repeats a run: its options that are not the defaults, but for where and how the results are shown.

Callers: options beside this file, whose summary.json says it (`run.command`); analysis/report shows it.
"""
import shlex

PRESENTATION = ["out", "quiet", "json", "check", "report"]


def command(given, defaults):
    """As a line for a shell. given, defaults: {option: value} of the command line, as it is and without a word."""
    words = ["bochs-config/run"]
    for option, value in given.items():
        if option in PRESENTATION or value == defaults.get(option):
            continue
        words.append("--" + option.replace("_", "-"))
        if value is not True:
            words.append(value)
    return shlex.join(words)
