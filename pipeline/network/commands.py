"""What `lcpipe crawl` does and answers: a value for programs and lines for people."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..catalog import read_listing
from ..crawl import crawl, roots
from ..progress import Reporter
from ..recipe import Recipe
from .runs import Rooted, crawl_network, funnel, is_network, resync

Answer = tuple[dict[str, Any], list[str]]

HOSTS_SHOWN = 10
EXAMPLE_SIGNS = 120


def crawl_answer(recipe: Recipe, cache: str, reporter: Reporter, *, incremental: bool) -> Answer:
    """Crawls, and says how every source stands. Raises LcpipeError and its children."""
    crawl_network(
        recipe, _networked(recipe, cache), cache, reporter, retry_failed=True, incremental=incremental
    )  # nobody here needs a table of all that was listed
    crawl(
        replace(recipe, sources=tuple(source for source in recipe.sources if not is_network(source))), cache, reporter
    )
    return status_answer(recipe, cache)


def status_answer(recipe: Recipe, cache: str) -> Answer:
    """How every source stands: the funnel of its rows, the reasons, and the hosts."""
    value = funnel(_networked(recipe, cache))
    for source, root in roots(recipe, cache):
        if source.name not in value:
            listing = read_listing(root)
            value[source.name] = {"listing": "complete" if len(listing) else "not begun", **_files(listing)}
    return {"sources": value}, [line for name in sorted(value) for line in _lines(name, value[name])]


def resync_answer(recipe: Recipe, cache: str, reporter: Reporter, *, believe: bool = False) -> Answer:
    """Asks again for what was published, and says what was taken down. Raises LcpipeError and its children."""
    value = resync(recipe, _networked(recipe, cache), cache, reporter, believe=believe)
    lines = []
    for name, one in value.items():
        silent = f"; {one['unanswered']} got no answer" if one["unanswered"] else ""
        lines += [f"{name}: {len(one['removed'])} of {one['asked']} pictures were taken down{silent}"]
        lines += [f"  {name}:{native_id}  {reason}" for native_id, reason in sorted(one["removed"].items())]
    return {"sources": value}, lines or ["no source of this recipe asks the network"]


def _networked(recipe: Recipe, cache: str) -> Rooted:
    return [(source, root) for source, root in roots(recipe, cache) if is_network(source)]


def _files(listing: Any) -> dict[str, Any]:
    """The funnel of a source of files."""
    reasons = Counter(reason for reason in listing.column("reason").to_pylist() if reason is not None)
    states = {"listed": 0, "fetched": len(listing) - sum(reasons.values()), "failed": sum(reasons.values())}
    return {"states": states, "reasons": dict(reasons.most_common()), "hosts": {}}


def _lines(name: str, one: Mapping[str, Any]) -> list[str]:
    states = dict(one["states"])
    waiting = states.pop("listed", 0)
    lines = [f"{name}: listing {one['listing']}, {sum(one['states'].values())} rows"]
    lines += [f"  {count:>8} {state}" for state, count in {"waiting": waiting, **states}.items() if count]
    lines += [f"  {count:>8}   {reason}{_example(one, reason)}" for reason, count in one["reasons"].items()]
    if one.get("repeated"):
        lines.append(f"  {one['repeated']:>8} listed under an id that another item has: one row for each id")
    hosts = sorted(one["hosts"].items(), key=lambda pair: (-sum(pair[1].values()), pair[0]))
    lines += [f"  {_host(host, counts)}" for host, counts in hosts[:HOSTS_SHOWN] if host]
    return lines + ([f"  and {len(hosts) - HOSTS_SHOWN} more hosts"] if len(hosts) > HOSTS_SHOWN else [])


def _example(one: Mapping[str, Any], reason: str) -> str:
    """A row of a reason, as text that no terminal takes for commands."""
    text = one.get("examples", {}).get(reason, "")[:EXAMPLE_SIGNS]
    return f", for example {''.join(sign if sign.isprintable() else '?' for sign in text)}" if text else ""


def _host(name: str, counts: Mapping[str, int]) -> str:
    shown = {"listed": "waiting"}
    return f"{name}: " + ", ".join(f"{count} {shown.get(state, state)}" for state, count in sorted(counts.items()))
