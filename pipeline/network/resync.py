"""Asks whether pictures that were published still stand: by the source's own list calls, or at each address."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..dataset.errors import FetchError, LcpipeError
from ..dataset.reasons import Reason
from ..progress import Stage
from ..recipe import Plugin, Recipe
from ..sources._item import SourceState
from .crawling import web_of
from .exchange import Request
from .pictures import GONE
from .signals import consent
from .targets import target
from .visit import Visit
from .web import Network

Found = tuple[str, str | None, str | None]  # native id, reason, detail

THREADS = 16
BATCH = 256
STANDS = (200, 304, 405, 501)  # the last two: a host that knows no HEAD
SUSPICIOUS = 100  # pictures gone in a row: a site that has moved or locked us out says the same
FEW = 20  # pictures that may all be gone from a source that has no others


def asked_again(
    recipe: Recipe, source: Plugin, network: Network, fetched: Sequence[tuple[str, str | None]], stage: Stage
) -> Iterator[Found]:
    """(native id, reason, detail) of every picture: with a reason it was taken down, with a detail alone nobody spoke
    for it, without either it stands. Raises FetchError.
    """
    if hasattr(source.module, "status"):
        state = SourceState(recipe.folder, web=web_of(source, network))
        native_ids = [native_id for native_id, _ in fetched]
        for native_id, reason in source.module.status(source.settings, state, native_ids):
            stage.advance()
            yield native_id, reason, None if reason is None else "found when it was asked for again"
        return
    asked = [(native_id, url) for native_id, url in fetched if url is not None]
    with ThreadPoolExecutor(min(THREADS, recipe.crawl.connections_per_host * 4)) as pool:
        for start in range(0, len(asked), BATCH):
            for found in pool.map(lambda one: _look(network, *one), asked[start : start + BATCH]):
                stage.advance()
                yield found


def trusted(found: Iterable[Found], where: str) -> Iterator[Found]:
    """What is gone, as soon as something else stands; opt-outs at once. Raises LcpipeError when nothing seems to stand.

    Tombstones are for ever, and a site that has moved, or shows us the door, answers like one that removed everything.
    """
    held: list[Found] = []
    stood = False
    for one in found:
        stands = one[1] is None and one[2] is None
        if one[1] is None or one[1] == Reason.OPTED_OUT:
            yield one
        else:
            held.append(one)
        if stands:
            stood = True
            yield from held
            held = []
        if len(held) >= SUSPICIOUS:
            raise _implausible(len(held), held[0], where)
    if len(held) > FEW and not stood:
        raise _implausible(len(held), held[0], where)
    yield from held


def _implausible(count: int, first: Found, where: str) -> LcpipeError:
    return LcpipeError(
        f"the site says of {count} pictures in a row that they are gone ({first[0]}: {first[1]}); nothing was marked",
        where=f"[sources.{where}]",
        hint="look whether it has moved, or refuses us; if all of it is true, add --believe",
    )


def _look(network: Network, native_id: str, url: str) -> Found:
    """What a picture's address says without sending it.

    A host that does not answer, or is in trouble, has removed nothing.
    """
    try:
        wanted = target(url)
        visit = Visit(network.traffic, network.connections, wanted.name)
        try:
            site = network.sites.wait_for(visit, wanted, network.traffic)
            _, answer = visit.follow(Request(wanted, network.headers, 0, method="HEAD"))
        finally:
            visit.leave()
    except FetchError as error:
        return native_id, None, error.what
    if answer.status in GONE:
        return native_id, f"http_{answer.status}", "found when it was asked for again"
    stated = consent(answer.headers, wanted.path, network.agent, site.reservations)
    if answer.status == 200 and stated.opted_out:
        return native_id, Reason.OPTED_OUT, "; ".join(stated.signals)
    return native_id, None, None if answer.status in STANDS else f"http_{answer.status}"
