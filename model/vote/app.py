"""The page of a vote and the few questions it asks; behind the studio's guard, on loopback only."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import resources

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lcpipe.pipeline.dataset.errors import LcpipeError

from ..studio.answers import AnswerError, parse_object, refused, whole_of
from ..studio.guard import Guard
from .ballots import Choice, Poll, result

PAGE = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/vote.css": ("vote.css", "text/css; charset=utf-8"),
    "/vote.js": ("vote.js", "text/javascript; charset=utf-8"),
}
CHOICES: tuple[Choice, ...] = ("left", "right", "tie")


@dataclass(frozen=True)
class Voting:
    """The poll and the lock that keeps votes in order."""

    poll: Poll
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def page(self, request: Request) -> Response:
        """A file of the page."""
        name, media_type = PAGE[request.url.path]
        return Response((resources.files(__package__) / "static" / name).read_bytes(), media_type=media_type)

    async def state(self, request: Request) -> Response:
        """How many ballots there are and which are left; who leads is told at the end only."""
        return self._state()

    async def picture(self, request: Request) -> Response:
        """One side of a ballot."""
        number = whole_of(request.path_params, "number", -1, 0, len(self.poll.ballots) - 1)
        side = request.path_params["side"]
        if side not in ("left", "right"):
            raise AnswerError(404, "a ballot has a left and a right side", hint="start at /")
        return Response(self.poll.side(number, side).read_bytes(), media_type="image/png")

    async def vote(self, request: Request) -> Response:
        """Takes one vote."""
        given = parse_object(await request.body(), ("number", "choice"))
        number = whole_of(given, "number", -1, 0, len(self.poll.ballots) - 1)
        choice = given.get("choice")
        if choice not in CHOICES:
            raise AnswerError(400, "that is no choice", hint=f"choices are {', '.join(CHOICES)}")
        async with self.lock:
            self.poll.add(number, choice)
        return self._state()

    def _state(self) -> Response:
        votes = self.poll.votes()
        done = {vote.picture for vote in votes}
        left = [number for number, ballot in enumerate(self.poll.ballots) if ballot.picture not in done]
        titles = [" · ".join(ballot.picture.split("/")[1:3]) for ballot in self.poll.ballots]
        answer = {"count": len(self.poll.ballots), "left": left, "titles": titles}
        return JSONResponse(answer | ({} if left else {"result": asdict(result(votes))}))


def create_app(poll: Poll) -> Starlette:
    """The application of a poll."""
    voting = Voting(poll)
    pages = [Route(path, voting.page) for path in PAGE]
    asked = [
        Route("/api/state", voting.state),
        Route("/api/ballots/{number}/{side}.png", voting.picture),
        Route("/api/votes", voting.vote, methods=["POST"]),
    ]
    return Starlette(routes=[*pages, *asked], exception_handlers={LcpipeError: _on_refused})


async def _on_refused(request: Request, error: Exception) -> Response:
    return refused(error) if isinstance(error, LcpipeError) else Response(status_code=500)


def serve(poll: Poll, port: int, on_ready: Callable[[str], None]) -> None:
    """Serves on loopback until it is stopped. Raises LcpipeError when the port is taken, or votes cannot be kept."""
    poll.save(poll.votes())  # now, rather than at somebody's first vote
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            what = f"cannot listen there: {error.strerror}"
            raise LcpipeError(what, where=f"port {port}", hint="give another --port, or 0 for any free one") from None
        listener.listen()  # whoever reads the address may ask at once
        bound = int(listener.getsockname()[1])
        config = uvicorn.Config(
            Guard(create_app(poll), bound), log_level="warning", access_log=False, server_header=False,
            proxy_headers=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        on_ready(f"http://127.0.0.1:{bound}/")
        with suppress(KeyboardInterrupt):  # the way to end a vote
            uvicorn.Server(config).run(sockets=[listener])


def lines(poll: Poll) -> tuple[dict[str, object], list[str]]:
    """What the votes say so far: as a document, and as lines for a person."""
    found = result(poll.votes())
    sure = "B is better" if found.low > 0 else "A is better" if found.high < 0 else "not sure who is better"
    text = (
        f"{found.a} for A, {found.b} for B, {found.ties} ties of {len(poll.ballots)}: {sure}; "
        f"B preferred {found.preferred:.0%}, log-strength {found.strength:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
    )
    return {"votes": str(poll.out), "bradley_terry": json.loads(json.dumps(asdict(found)))}, [
        text,
        f"votes  {poll.out}",
    ]
