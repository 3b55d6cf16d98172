"""What the report of a comparison shows: its cells and operations, flushes by cause, models, advice, and what was run.

Callers: report beside this file.
"""
import os
import shlex

import compare_columns
import compare_model
import compare_rows
import report_choice
import report_run

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _commands(result, shown):
    """What repeats a run of the comparison and, where its trace has everything, what reports on it alone."""
    run = result["run"]
    folder = os.path.join(shown, "runs", run["name"], "run")
    return [shlex.join(["bochs-config/run", *run["arguments"], "--out", folder]),
            *([shlex.join(["analysis/report", folder])] if run["purpose"] == "events" else [])]


def details(comparison, shown):
    """Of each cell what its rows do not have: flushes by cause, and the commands."""
    found = []
    for key, cell in comparison.cells.items():
        events = cell.get("events", {})
        found.append({**dict(zip(compare_rows.KEYS, key)), "flushes": (events.get("flushes") or {}).get("groups"),
                      "commands": [command for result in cell.values() for command in _commands(result, shown)]})
    return found


def one_run(comparison, directory, shown):
    """The timeline of one run, as an example: of a workload that is like some work, in shadow mode where there is one.
    None when no trace was kept."""
    found = [(key, cell["events"]["run"]["name"]) for key, cell in comparison.cells.items()
             if "events" in cell and key[0] not in report_choice.NOT_A_LOAD]
    found = [(key, os.path.join("runs", name, "run")) for key, name in found
             if os.path.isdir(os.path.join(directory, "runs", name, "run", "trace"))]
    if not found:
        return None
    key, folder = min(found, key=lambda item: not item[0][1].startswith("shadow"))
    trace = [os.path.join(place, folder, "trace") for place in (directory, shown)]
    return {"workload": key[0], "configuration": key[1],
            "command": shlex.join(["analysis/report", os.path.join(shown, folder)]),
            "parts": {"timeline": report_run.analyzed(*trace, report_run.PARTS["timeline"][0]), "functions": {}}}


def gather(comparison, directory, shown):
    """The data of the report. shown: the directory as a person writes it."""
    plan, rows = comparison.plan, compare_rows.cell_rows(comparison)
    models = {name: compare_model.Model(described) for name, described in compare_model.weighing().items()}
    for row in rows:
        cell = comparison.cells[tuple(row[name] for name in compare_rows.KEYS)]
        row["modelled"] = {name: model.cycles(cell) for name, model in models.items()}
    return {"format": 1, "kind": "compare", "title": "What each way of handling page tables costs", "directory": shown,
            "again": shlex.join(["make", "compare", "EXPERIMENT=" + os.path.relpath(plan["file"], ROOT), f"OUT={shown}"]),
            "left_out": plan["left_out"],
            "experiment": plan["experiment"], "made_of": plan["made_of"], "troubles": comparison.troubles(),
            "command": shlex.join(["analysis/compare", shown, "--json"]),
            "cells": rows, "operations": compare_rows.operation_rows(comparison),
            "run": one_run(comparison, directory, shown), "details": details(comparison, shown),
            "columns": compare_columns.described(rows),
            "models": {name: model.described for name, model in models.items()},
            "advice": {measure: report_choice.advice(rows, measure) for measure in ["instructions", *models]}}
