"""What commands answer: a value for programs and lines for people, from what the library returned."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .markup import counted

if TYPE_CHECKING:
    from .build import BuildReport
    from .dataset.copying import Copied
    from .dataset.problems import Problem
    from .export import Exported
    from .extract import Extracted

Answer = tuple[dict[str, Any], list[str]]


def build_result(report: "BuildReport") -> Answer:
    """The answer of `build-dataset`."""
    value: dict[str, Any] = {"listed": report.listed, "decoded": report.decoded, "rendered_cells": report.rendered}
    lines = [f"listed    {sum(report.listed.values())} pictures in {len(report.listed)} sources"]
    if report.selection is not None and report.packed is None:
        counts, reasons = report.selection.counts(), report.selection.reasons()
        value |= counts | {"reasons": reasons}
        lines += _counts(counts, reasons)
    if report.selection is not None and report.selection.notes:
        value["notes"] = list(report.selection.notes)
    if report.packed is not None:
        manifest = report.packed.manifest
        value |= {
            "dataset": report.packed.root,
            "digest": manifest["digest"],
            "fresh": report.packed.fresh,
            **manifest["counts"],
        }
        lines += _counts(manifest["counts"], manifest["counts"]["reasons"])
        lines.append(f"dataset   {report.packed.root}{'' if report.packed.fresh else ' (was there already)'}")
    return value, lines


def plan_result(plan: Mapping[str, Any]) -> Answer:
    """The answer of `build-dataset --dry-run`."""
    if plan["next"] == "crawl":
        return dict(plan), [f"would crawl {', '.join(plan['sources'])}; nothing more is known before that"]
    if plan["next"] == "measure":
        return dict(plan), [
            f"found     {plan['found']} pictures",
            f"would measure {plan['to_measure']} of them; nothing more is known before that",
        ]
    cells = {
        "select": ["borderline pictures and pairs are shown by --sheet FILE"],
        "render": [f"would render {plan.get('cells_to_render')} cells, then pack"],
        "pack": ["everything is rendered; would pack"],
    }[plan["next"]]
    notes = [f"note      {note}" for note in plan["notes"]]
    changed = [f"change    {len(ids)} {heading}" for heading, ids in plan["changes"].items()]
    return dict(plan), [*_counts(plan, plan["reasons"]), *notes, *changed, *cells]


def extract_result(done: "Extracted", out: str) -> Answer:
    """The answer of `extract-lines`."""
    rows = [{"picture": source, "reason": reason, "detail": detail} for source, reason, detail in done.failed]
    lines = [f"drawn     {done.written} to {out}", f"kept      {done.kept} that were there"]
    lines += [f"failed    {source}: {reason}, {detail}" for source, reason, detail in done.failed]
    return {"out": out, "drawn": done.written, "kept": done.kept, "failed": rows}, lines


def verify_result(dataset: str, problems: Sequence["Problem"]) -> Answer:
    """The answer of `verify`."""
    rows = [{"file": one.file, "row_group": one.row_group, "what": one.what} for one in problems]
    lines = [
        f"{one.file}{'' if one.row_group is None else f' row group {one.row_group}'}: {one.what}" for one in problems
    ]
    return {"dataset": dataset, "whole": not problems, "problems": rows}, lines or [f"whole     {dataset}"]


def copy_result(done: "Copied") -> Answer:
    """The answer of `copy`."""
    value = {"dataset": done.root, "digest": done.digest, "files": done.files, "bytes": done.bytes, "kept": done.kept}
    lines = [f"sent      {done.files} files, {done.bytes:,} bytes", f"kept      {done.kept} that were there"]
    return value, [*lines, f"dataset   {done.root}"]


def export_result(out: str, done: "Exported") -> Answer:
    """The answer of `export`."""
    told = done.manifest
    rows, left = sum(told["rows"].values()), sum(told["left_out"].values())
    lines = [f"written   {rows} rows, {told['files']} files, to {out}{'' if done.fresh else ' (was there already)'}"]
    lines += [f"lines     {number} is line_{name}" for number, name in told["lines"].items() if told["to"] == "folder"]
    lines += [f"left out  {counted(left, 'row')} without every line column"] if left else []
    return {"out": out, "fresh": done.fresh, **told}, lines


def _counts(counts: Mapping[str, int], reasons: Mapping[str, int]) -> list[str]:
    lines = [f"{name:<9} {counts[name]}" for name in ("found", "kept", "paired", "dropped")]
    return lines + [f"  {count:>7} {reason}" for reason, count in sorted(reasons.items(), key=lambda one: -one[1])]
