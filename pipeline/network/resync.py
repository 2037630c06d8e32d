"""Asks whether pictures that were published still stand: by the source's own list calls, or at each address."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..dataset.errors import FetchError
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

Removed = tuple[str, str | None, str | None]

THREADS = 16
BATCH = 256
STANDS = (200, 304, 405, 501)  # the last two: a host that knows no HEAD


def removed(
    recipe: Recipe, source: Plugin, network: Network, fetched: Sequence[tuple[str, str | None]], stage: Stage
) -> Iterator[Removed]:
    """(native id, reason, detail) of every picture that was taken down; without a reason, of one nobody spoke for.

    Raises FetchError.
    """
    if hasattr(source.module, "status"):
        state = SourceState(recipe.folder, web=web_of(source, network))
        native_ids = [native_id for native_id, _ in fetched]
        for native_id, reason in source.module.status(source.settings, state, native_ids):
            stage.advance()
            if reason is not None:
                yield native_id, reason, "found when it was asked for again"
        return
    asked = [(native_id, url) for native_id, url in fetched if url is not None]
    with ThreadPoolExecutor(min(THREADS, recipe.crawl.connections_per_host * 4)) as pool:
        for start in range(0, len(asked), BATCH):
            for found in pool.map(lambda one: _look(network, *one), asked[start : start + BATCH]):
                stage.advance()
                if found is not None:
                    yield found


def _look(network: Network, native_id: str, url: str) -> Removed | None:
    """What a picture's address says without sending it; None where it stands.

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
    return None if answer.status in STANDS else (native_id, None, f"http_{answer.status}")
