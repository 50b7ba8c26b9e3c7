"""The report of `evaluate`: figures with their intervals, as a table for people and as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from ..metrics import Errors, Figure, Figures, Floats, interval, is_mae, ratio_interval, unit_of

FINETUNE_FIGURES = {"best": "eob@5", "first": "top-1", "mean": "mean-of-5"}


@dataclass(frozen=True)
class Row:
    """A figure of the report; MAE figures also as ratio to the MAE of grey."""

    figure: Figure
    ratio: Figure | None = None

    @classmethod
    def of(cls, values: Floats, grey: Floats | None) -> Row:
        """The row of one value per photo (P,) and, for an error, of that of grey."""
        return cls(interval(values), None if grey is None else ratio_interval(values, grey))


@dataclass(frozen=True)
class Category:
    """Ratios to grey over the photos of one category."""

    photos: int
    eob: Figure
    top1: Figure


@dataclass(frozen=True)
class Report:
    """What `evaluate` found; `unread` names the photos that do not decode."""

    weights: str
    sha256: str
    photos: int
    old_photos: int
    variants: int
    seed: int
    degraded: bool  # whether the scans were aged
    rows: dict[str, Row]
    categories: dict[str, Category]
    unread: tuple[str, ...]

    def to_json(self) -> str:
        """The report as JSON text; figures that no photo has are null."""
        return as_json(self)


def as_json(value: Any) -> str:
    """Dataclasses, also in lists, as JSON text; NaN becomes null."""
    plain = [dataclasses.asdict(v) for v in value] if isinstance(value, list) else dataclasses.asdict(value)
    return json.dumps(_null_for_nan(plain), indent=1, ensure_ascii=False)


def _null_for_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _null_for_nan(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_null_for_nan(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def column(table: list[Figures], name: str) -> Floats:
    """One figure of every photo, NaN where a photo lacks it."""
    return np.array([figures.get(name, math.nan) for figures in table])


def rows(table: list[Figures]) -> dict[str, Row]:
    """The figures of each photo -> their means over photos; of those with a unit, the share of its mean."""
    columns = {name: column(table, name) for name in dict.fromkeys(n for f in table for n in f)}
    units = {name: unit_of(name) for name in columns}
    return {name: _row(name, columns, unit) for name, unit in units.items() if name != unit}


def _row(name: str, columns: dict[str, Floats], unit: str | None) -> Row:
    if unit is not None:
        return Row(ratio_interval(columns[name], columns[unit]))
    return Row.of(columns[name], columns["grey"] if is_mae(name) else None)


def categories(table: list[Figures], labels: list[str | None], variants: int) -> dict[str, Category]:
    """The figures and the label of each photo -> ratios to grey by category."""
    parts: dict[str, list[Figures]] = {}
    for figures, label in zip(table, labels, strict=True):
        if label is not None:
            parts.setdefault(label, []).append(figures)
    found = {}
    for name, part in sorted(parts.items()):
        grey, best, top = (column(part, n) for n in ("grey", f"eob@{variants}", "top-1"))
        found[name] = Category(len(part), ratio_interval(best, grey), ratio_interval(top, grey))
    return found


def _cells(figure: Figure | None) -> tuple[str, str]:
    if figure is None:
        return "", ""
    if math.isnan(figure.value):
        return "-", "-"
    return f"{figure.value:#.3g}", f"{figure.low:#.3g} to {figure.high:#.3g}"


def cell(figure: Figure | None) -> str:
    """A figure and its interval for a cell of a Markdown table."""
    value, between = _cells(figure)
    return f"{value} ({between})" if between else value


# The box is Markdown's, so that a table can be pasted into the model card as it is.
def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(box=box.MARKDOWN)
    for i, head in enumerate(heads):
        table.add_column(head, justify="right" if i else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _heading(report: Report) -> str:
    parts = [f"{report.photos} photos", f"{report.variants} variants", f"seed {report.seed}"]
    if report.degraded:
        parts.append("aged scans")
    if report.old_photos:
        parts.append(f"{report.old_photos} old photos")
    return f"Weights {report.weights} ({report.sha256[:12]}): {', '.join(parts)}."


def render(report: Report) -> Group:
    """The report as something rich can print."""
    figures = ((n, *_cells(row.figure), *_cells(row.ratio)) for n, row in report.rows.items())
    parts: list[Text | Table] = [
        Text(_heading(report)),
        _table(("figure", "value", "95 %", "to grey", "95 %"), figures),
    ]
    if report.categories:
        heads = ("category", "photos", "eob to grey", "95 %", "top-1 to grey", "95 %")
        rows = [
            (name, str(c.photos), *_cells(c.eob), *_cells(c.top1)) for name, c in report.categories.items()
        ]
        parts.append(_table(heads, rows))
    parts += [Text(f"Not read: {name}") for name in report.unread]
    return Group(*parts)


def comparison(pairs: Iterable[tuple[str, Errors, Errors]]) -> Table:
    """A table of (photos, errors before, errors after): ratios to grey and their change with its interval."""
    table = []
    for name, before, after in pairs:
        for figure in ("best", "first", "mean"):
            old, new = getattr(before, figure), getattr(after, figure)
            was, now = (ratio_interval(errors, before.grey).value for errors in (old, new))
            change = ratio_interval(new, old)
            span = f"{100 * (change.low - 1):+.1f} to {100 * (change.high - 1):+.1f} %"
            label = f"{name}, {FINETUNE_FIGURES[figure]}"
            table.append((label, f"{was:.3f}", f"{now:.3f}", f"{100 * (change.value - 1):+.1f} %", span))
    return _table(("error to grey", "before", "after", "change", "95 %"), table)
