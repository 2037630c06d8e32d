"""The blind vote: a real server on loopback, real votes, sides that nobody can tell."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import cv2
import numpy as np
import pytest

from lcpipe.pipeline.dataset.errors import LcpipeError

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import socket

import uvicorn

from lcpipe.model.studio.guard import Guard
from lcpipe.model.vote.app import create_app, serve
from lcpipe.model.vote.ballots import Poll, open_poll

NAMES = [f"pictures/xdog/16/{number:064x}.png" for number in range(12)]


def evaluation(folder: Path, sha256: str, value: int) -> Path:
    """A folder as an evaluation leaves it, with pictures of one grey."""
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((8, 8, 3), value, np.uint8))
    document = {
        "format": 2, "groups": [], "metrics": {}, "model": {"sha256": sha256}, "pictures": NAMES,
        "dataset": {"digest": "d", "split": "test"}, "protocol": {"seed": 1},
    }  # fmt: skip
    (folder / "evaluation.json").write_text(json.dumps(document))
    return folder


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    a, b = evaluation(tmp_path / "a", "a" * 64, 10), evaluation(tmp_path / "b", "b" * 64, 200)
    return open_poll(str(a), str(b), str(tmp_path / "votes.json"))


@pytest.fixture
def port(poll: Poll) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        number = int(listener.getsockname()[1])
        server = uvicorn.Server(uvicorn.Config(Guard(create_app(poll), number), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield number
        finally:
            server.should_exit = True
            thread.join()


def ask(port: int, path: str, body: object = None, **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    given = {"x-lcpipe": "studio"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if body is None:
        connection.request("GET", path, headers=given)
    else:
        connection.request("POST", path, json.dumps(body), given)
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, data


def grey(data: bytes) -> int:
    return int(cv2.imdecode(np.frombuffer(data, np.uint8), 0)[0, 0])


def test_votes_are_counted_for_whoever_stood_there(poll: Poll, port: int) -> None:
    """The voter always prefers the brighter picture, wherever it is: all votes are B's, and both sides were used."""
    sides = set()
    for number in range(len(NAMES)):
        left, right = (grey(ask(port, f"/api/ballots/{number}/{side}.png")[1]) for side in ("left", "right"))
        assert {left, right} == {10, 200}
        choice = "left" if left > right else "right"
        sides.add(choice)
        status, data = ask(port, "/api/votes", {"number": number, "choice": choice})
        state: dict[str, Any] = json.loads(data)
        assert status == 200
        assert ("result" in state) == (number == len(NAMES) - 1)
    assert sides == {"left", "right"}
    document = json.loads(poll.out.read_text())
    assert {vote["winner"] for vote in document["votes"]} == {"b"}
    assert document["bradley_terry"]["low"] > 0
    assert state["left"] == []


def test_a_vote_that_was_interrupted_goes_on(poll: Poll, tmp_path: Path) -> None:
    poll.add(0, "tie")
    again = open_poll(str(tmp_path / "a"), str(tmp_path / "b"), str(poll.out))
    assert [vote.winner for vote in again.votes()] == ["tie"]
    assert again.ballots == poll.ballots
    again.add(0, "left")
    assert len(again.votes()) == 1


def test_ctrl_c_ends_the_vote_and_says_what_the_votes_say(poll: Poll, tmp_path: Path) -> None:
    poll.add(0, "left")
    given = [str(tmp_path / "a"), str(tmp_path / "b"), "--out", str(poll.out), "--port", "0"]
    command = [sys.executable, "-m", "lcpipe.pipeline", "vote", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            address = process.stderr.readline().split()[1]
            assert urlopen(address, timeout=60).status == 200  # noqa: S310  our own server
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "1 for" in said


def test_votes_that_cannot_be_kept_show_at_the_start(poll: Poll, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    opened: list[str] = []
    with pytest.raises(LcpipeError, match="file"):
        serve(replace(poll, out=tmp_path / "file" / "votes.json"), 0, opened.append)
    assert not opened


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/votes", {"number": 99, "choice": "left"}, 400),
        ("/api/votes", {"number": 0, "choice": "both"}, 400),
        ("/api/votes", {"number": "0;", "choice": "left"}, 400),
        ("/api/votes", {"number": 0, "choice": "left", "path": "/etc/passwd"}, 400),
        ("/api/votes", [], 400),
        ("/api/ballots/99/left.png", None, 400),
        ("/api/ballots/0/middle.png", None, 404),
        ("/api/ballots/0/..%2f..%2fevaluation.json", None, 404),
        ("/nothing", None, 404),
    ],
)
def test_what_is_no_vote_is_refused(poll: Poll, port: int, path: str, body: object, status: int) -> None:
    assert ask(port, path, body)[0] == status
    assert poll.votes() == []
    assert ask(port, "/")[0] == 200


def test_other_sites_cannot_vote(poll: Poll, port: int) -> None:
    vote = {"number": 0, "choice": "left"}
    assert ask(port, "/api/votes", vote, origin="http://evil.example")[0] == 403
    assert ask(port, "/api/votes", vote, x_lcpipe="")[0] == 403
    assert ask(port, "/api/state", host="evil.example")[0] == 403
    assert poll.votes() == []


def test_votes_of_other_models_are_not_mixed(poll: Poll, tmp_path: Path) -> None:
    poll.add(0, "left")
    other = evaluation(tmp_path / "c", "c" * 64, 90)
    with pytest.raises(LcpipeError, match="not the votes of these two models"):
        open_poll(str(tmp_path / "a"), str(other), str(poll.out))


def test_names_that_leave_the_folder_are_not_shown(tmp_path: Path) -> None:
    a, b = evaluation(tmp_path / "a", "a" * 64, 1), evaluation(tmp_path / "b", "b" * 64, 2)
    for folder in (a, b):
        document = json.loads((folder / "evaluation.json").read_text())
        document["pictures"] = ["../../../secret.png", "pictures/../../x.png", 5]
        (folder / "evaluation.json").write_text(json.dumps(document))
    with pytest.raises(LcpipeError, match="share no pictures"):
        open_poll(str(a), str(b), str(tmp_path / "votes.json"))
