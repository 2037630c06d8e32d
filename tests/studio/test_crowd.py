"""Ten people paint at once: each gets their own picture, the newest one; nobody waits for those who left."""

import logging
import queue
import socket
from concurrent.futures import ThreadPoolExecutor
from logging.handlers import QueueHandler
from typing import Any
from urllib.parse import urlsplit

from support.studio import Answer, Client

COLORS = [f"#{25 * number:02x}40{255 - 25 * number:02x}" for number in range(10)]


def hinted(color: str) -> list[dict[str, Any]]:
    return [{"kind": "point", "color": color, "size": 40, "points": [[40, 40]]}]


def test_ten_at_once_get_their_own_pictures(studio: Client, line: str) -> None:
    alone = [studio.paint(line, hinted(color)).body for color in COLORS]
    assert len(set(alone)) == len(COLORS)

    def ask(number: int) -> Answer:
        return studio.paint(line, hinted(COLORS[number]), visitor=f"person-{number}")

    with ThreadPoolExecutor(len(COLORS)) as people:
        answers = list(people.map(ask, range(len(COLORS))))
    assert [answer.status for answer in answers] == [200] * len(COLORS)
    assert [answer.body for answer in answers] == alone


def test_of_many_wishes_of_one_person_the_last_is_painted(studio: Client, line: str) -> None:
    def ask(turn: int) -> Answer:
        return studio.paint(line, hinted(COLORS[turn % 10]), visitor="restless", turn=turn)

    with ThreadPoolExecutor(10) as hands:
        answers = list(hands.map(ask, range(10)))
    assert {answer.status for answer in answers} <= {200, 409}
    assert answers[-1].status == 200
    assert answers[-1].body == studio.paint(line, hinted(COLORS[9])).body
    for answer in answers:
        assert answer.status == 200 or answer.json["error"] == "a newer picture was asked for"


def test_those_who_hang_up_leave_the_server_free(studio: Client, line: str) -> None:
    place = urlsplit(studio.url)
    head = f"POST /api/colorize HTTP/1.1\r\nHost: {place.netloc}\r\nx-lcpipe: studio\r\nContent-Length: 400\r\n\r\n"
    said: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    terminal, listener = logging.getLogger("uvicorn.error"), QueueHandler(said)
    terminal.addHandler(listener)
    for rest in (b"", b'{"visitor":', b"x" * 400):
        with socket.create_connection((place.hostname, place.port)) as connection:  # type: ignore[arg-type]
            connection.sendall(head.encode() + rest)
    assert studio.paint(line, []).status == 200
    terminal.removeHandler(listener)
    assert said.empty()
