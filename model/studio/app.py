"""The routes of the page, and what each of them does. Every error is answered; none of them stops the server."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lcpipe.pipeline.dataset.decode import decode
from lcpipe.pipeline.dataset.errors import LcpipeError

from ..hint_json import hints_json
from ..hint_layers import carries_strokes, read_layer
from ..hint_shapes import UInt8
from ..shares import Cancelled
from .answers import AnswerError, error_response, id_of, name_of, parse_object, refused, whole_of
from .drawings import Drawing, Shelf, drawing_of, line_of, looks_drawn, read_picture
from .export import FORMATS, Painted, encode_bitmap
from .files import StaticFile, static_files
from .line_methods import extract, methods
from .painting import Easel
from .queue import Busy, FairQueue, Stale
from .requests import Ask, parse_ask
from .search import exclude_toml, find_clusters, find_drops, find_rows
from .shelves import THUMBNAIL_PX, Shelves

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Studio:
    """Everything that the routes share."""

    easel: Easel
    shelves: Shelves | None = None
    shelf: Shelf = field(default_factory=Shelf)
    queue: FairQueue = field(default_factory=FairQueue)
    files: dict[str, StaticFile] = field(default_factory=static_files)

    async def page(self, request: Request) -> Response:
        """The two pages, and their own files."""
        name = {"/": "index.html", "/browse": "browse.html"}.get(request.url.path, request.path_params.get("name", ""))
        if name not in self.files:
            raise AnswerError(404, "there is no such page", hint="start at /")
        return self.files[name].response(request)

    async def about(self, request: Request) -> Response:
        """What the page can work with: models, methods of drawing lines, sample drawings, a dataset."""
        samples = sorted(name for name in self.files if name.startswith("samples/"))
        dataset = None if self.shelves is None else self.shelves.dataset.name
        models = [model.facts() for model in self.easel.models]
        return JSONResponse({"models": models, "methods": methods(), "samples": samples, "dataset": dataset})

    async def health(self, request: Request) -> Response:
        """That the server is up."""
        return JSONResponse({"state": "ready"})

    async def open_drawing(self, request: Request) -> Response:
        """An uploaded picture becomes a drawing: by its luma, or by the method of drawing lines that is asked for."""
        data = await request.body()
        method = name_of(request.query_params, "method", "")
        if carries_strokes(data):
            raise AnswerError(
                400, "this is a layer of hints, no drawing", hint="open its drawing first, then the layer"
            )
        pixels = await run_in_threadpool(read_picture, data)
        return self._kept(await run_in_threadpool(_drawn, pixels, method), looks_drawn(pixels) or bool(method))

    async def open_row(self, request: Request) -> Response:
        """A line drawing of the dataset becomes the drawing."""
        table = parse_object(await request.body(), ("id", "column"))
        data, _ = await run_in_threadpool(self._dataset().picture, id_of(table, "id"), name_of(table, "column"))
        pixels = (await run_in_threadpool(decode, data)).pixels
        return self._kept(drawing_of(line_of(pixels)), True)

    async def open_hints(self, request: Request) -> Response:
        """The strokes of an uploaded hint layer for a drawing; 204 for a picture that is none, such as a drawing."""
        drawing = self.shelf.get(id_of(request.query_params, "line"))
        layer = await run_in_threadpool(read_layer, await request.body(), *drawing.line.shape)
        if layer is None:
            return Response(status_code=204)
        return JSONResponse({"carried": layer[0], **hints_json(layer[1])})

    async def drawing(self, request: Request) -> Response:
        """A drawing as the picture that is painted: grey, whatever was uploaded."""
        drawing = self.shelf.get(id_of(request.path_params, "id"))
        return Response(await run_in_threadpool(drawing.png), media_type="image/png")

    async def colorize(self, request: Request) -> Response:
        """Paints: a preview or the full picture; 409 where a newer request has taken its place."""
        ask = parse_ask(await request.body())
        drawing, model = self.shelf.get(ask.drawing), self.easel.model(ask.model)
        paint = self.easel.preview if ask.kind == "preview" else self.easel.full

        def work(stop: Callable[[], bool]) -> bytes:
            return encode_bitmap(paint(model, drawing, ask.hints, stop))

        return Response(await self._queued(request, ask, work), media_type="image/bmp")

    async def export(self, request: Request) -> Response:
        """Paints at full size and answers with the file that is asked for."""
        ask = parse_ask(await request.body())
        if ask.format not in FORMATS:
            raise AnswerError(400, f"unknown format {ask.format!r}", hint=f"known are {', '.join(FORMATS)}")
        drawing, model, how = self.shelf.get(ask.drawing), self.easel.model(ask.model), FORMATS[ask.format]

        def work(stop: Callable[[], bool]) -> bytes:
            picture = self.easel.full(model, drawing, ask.hints, stop)
            return how.write(Painted(drawing, ask.hints, self.easel.layer(drawing, ask.hints), picture))

        return Response(await self._queued(request, ask, work), media_type=how.media_type)

    async def dataset(self, request: Request) -> Response:
        """What the dataset holds, for the head of the page and its choices."""
        return JSONResponse(await run_in_threadpool(self._dataset().facts))

    async def rows(self, request: Request) -> Response:
        """A page of rows."""
        return _json(await run_in_threadpool(find_rows, self._dataset(), request.query_params))

    async def row(self, request: Request) -> Response:
        """One row."""
        return _json(await run_in_threadpool(self._dataset().row, id_of(request.path_params, "id")))

    async def row_picture(self, request: Request) -> Response:
        """One picture of a row, as stored or small."""
        side = whole_of(request.query_params, "side", 0, 0, 4096)
        if side not in (0, *THUMBNAIL_PX):
            raise AnswerError(400, f"no picture is {side} pixels wide", hint=f"choose one of {THUMBNAIL_PX}")
        id, column = id_of(request.path_params, "id"), name_of(request.path_params, "column")
        data, kind = await run_in_threadpool(self._dataset().picture, id, column, side)
        return Response(data, media_type=kind, headers={"cache-control": "private, max-age=3600"})

    async def drops(self, request: Request) -> Response:
        """A page of the drop table."""
        return _json(await run_in_threadpool(find_drops, self._dataset(), request.query_params))

    async def clusters(self, request: Request) -> Response:
        """A page of the near-duplicate clusters."""
        return _json(await run_in_threadpool(find_clusters, self._dataset(), request.query_params))

    async def exclude(self, request: Request) -> Response:
        """The marked rows as the TOML file for the next build."""
        ids = parse_object(await request.body(), ("ids",)).get("ids")
        text = exclude_toml(ids if isinstance(ids, list) else [], self._dataset().dataset.name)
        return Response(text, media_type="application/toml")

    def _dataset(self) -> Shelves:
        if self.shelves is None:
            raise AnswerError(404, "no dataset is open", hint="start `lcpipe studio --dataset DIR`")
        return self.shelves

    def _kept(self, drawing: Drawing, drawn: bool) -> Response:
        self.shelf.add(drawing)
        width, height = drawing.size
        return JSONResponse({"id": drawing.id, "width": width, "height": height, "drawn": drawn})

    async def _queued(self, request: Request, ask: Ask, work: Callable[[Callable[[], bool]], bytes]) -> bytes:
        try:
            return await self.queue.run(ask.visitor, ask.kind, ask.turn, work, _left(request))
        except (Stale, Cancelled):
            raise AnswerError(409, "a newer picture was asked for", hint="wait for that one") from None
        except Busy:
            raise AnswerError(503, "too many people are painting", hint="try again in a moment") from None


def create_app(studio: Studio) -> Starlette:
    """The application; its queue is served as long as it runs."""

    @asynccontextmanager
    async def serving(app: Starlette) -> AsyncIterator[None]:
        worker = asyncio.create_task(studio.queue.serve())
        yield
        worker.cancel()

    return Starlette(
        routes=[Route(path, handler, methods=[method]) for method, path, handler in _routes(studio)],
        lifespan=serving,
        exception_handlers={
            LcpipeError: _on_refused,
            HTTPException: _on_http,
            ClientDisconnect: _on_cut,
            Exception: _on_bug,
        },
    )


def _routes(studio: Studio) -> list[tuple[str, str, Handler]]:
    return [
        ("GET", "/", studio.page),
        ("GET", "/browse", studio.page),
        ("GET", "/static/{name:path}", studio.page),
        ("GET", "/api/health", studio.health),
        ("GET", "/api/about", studio.about),
        ("POST", "/api/drawings", studio.open_drawing),
        ("POST", "/api/drawings/row", studio.open_row),
        ("GET", "/api/drawings/{id}", studio.drawing),
        ("POST", "/api/hints", studio.open_hints),
        ("POST", "/api/colorize", studio.colorize),
        ("POST", "/api/export", studio.export),
        ("GET", "/api/dataset", studio.dataset),
        ("GET", "/api/rows", studio.rows),
        ("GET", "/api/rows/{id}", studio.row),
        ("GET", "/api/rows/{id}/{column}", studio.row_picture),
        ("GET", "/api/drops", studio.drops),
        ("GET", "/api/clusters", studio.clusters),
        ("POST", "/api/exclude", studio.exclude),
    ]


def _drawn(pixels: UInt8, method: str) -> Drawing:
    return drawing_of(np.ascontiguousarray(extract(pixels, method) if method else line_of(pixels)))


async def _left(request: Request) -> None:
    """Ends when the visitor has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json(value: Any) -> Response:
    """JSON whose dates and the like are written as text."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str)
    return Response(text, media_type="application/json")


async def _on_refused(request: Request, error: Exception) -> Response:
    return refused(error) if isinstance(error, LcpipeError) else await _on_bug(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what = {404: "there is no such page", 405: "this page cannot be asked in that way"}.get(
        status, "that is no request"
    )
    return error_response(status, what, hint="start at /")


async def _on_cut(request: Request, error: Exception) -> Response:
    """Who went while still sending reads no answer, and made no fault of ours."""
    return Response(status_code=400)


async def _on_bug(request: Request, error: Exception) -> Response:
    """A fault of ours: the server prints the traceback on its terminal, the visitor reads one line."""
    return error_response(500, "the server made a mistake", hint="its terminal says more; your drawing is not lost")
