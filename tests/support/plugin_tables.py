"""The tables of docs/measures-and-filters.md, made from the plug-ins themselves. Run as a program, it rewrites them."""

import re
from dataclasses import MISSING, fields
from pathlib import Path
from types import ModuleType

from lcpipe.pipeline import plugins
from lcpipe.pipeline.measure_asks import is_configured

PAGE = Path(__file__).parents[2] / "docs" / "measures-and-filters.md"
VIEWS = {
    "reduced": "512 px",
    "reduced_grey": "512 px, grey",
    "planes": "512 px",
    "squeezed": "512 px, squeezed to 32 × 32",
    "grey": "full, grey",
    "full": "full",
}


def page() -> str:
    """The page with its tables as they should be."""
    text = PAGE.read_text(encoding="utf-8")
    for kind, table in (("measures", measures()), ("filters", filters())):
        text = re.sub(rf"(<!-- {kind} -->\n).*?(<!-- end -->)", rf"\g<1>{table}\g<2>", text, flags=re.DOTALL)
    return text


def measures() -> str:
    """One row per measure: name, columns, what it looks at, and what it says."""
    rows = ["| measure | columns | looks at | says |", "|---|---|---|---|"]
    for name in plugins.names("measures"):
        module = plugins.load("measures", name)
        if is_configured(module):
            rows.append(f"| `{name}` | those of its classes | as its settings say | {_about(module)} |")
            continue
        columns = ", ".join(f"`{column}`" for column in module.columns)
        rows.append(f"| `{name}` | {columns} | {VIEWS[module.needs]} | {_about(module)} |")
    return "\n".join(rows) + "\n"


def filters() -> str:
    """One row per filter: name, settings with their defaults, measures, and what it does."""
    rows = ["| filter | settings | measures | does |", "|---|---|---|---|"]
    for name in plugins.names("filters"):
        module = plugins.load("filters", name)
        settings = ", ".join(f"`{one}`" for one in _settings(module)) or "–"
        needs = ", ".join(f"`{one}`" for one in module.measures) or ("those it names" if name == "expression" else "–")
        rows.append(f"| `{name}` | {settings} | {needs} | {_about(module)} |")
    return "\n".join(rows) + "\n"


def _about(module: ModuleType) -> str:
    return (module.__doc__ or "").strip().splitlines()[0].replace("|", "\\|")


def _settings(module: ModuleType) -> list[str]:
    return [
        one.name + ("" if one.default is MISSING else f" = {_plain(one.default)}") for one in fields(module.Settings)
    ]


def _plain(value: object) -> str:
    return "[" + ", ".join(f'"{one}"' for one in value) + "]" if isinstance(value, tuple) else repr(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
