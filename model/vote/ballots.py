"""What is voted on, in which order and on which side: drawn from a seed, so that neither voter nor page can tell."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from lcpipe.pipeline.dataset.canonical import digest_of
from lcpipe.pipeline.dataset.draws import generator
from lcpipe.pipeline.dataset.errors import LcpipeError
from lcpipe.pipeline.dataset.storage import write_bytes

from ..bradley_terry import Estimate, estimate
from ..compare import check_comparable, read_evaluation

Choice: TypeAlias = Literal["left", "right", "tie"]
Winner: TypeAlias = Literal["a", "b", "tie"]
FORMAT = 1


@dataclass(frozen=True)
class Ballot:
    """One drawing painted by both; `swapped` when A stands on the right."""

    picture: str  # pictures/<lines>/<hints>/<id>.png in both folders
    swapped: bool

    def winner(self, choice: Choice) -> Winner:
        """Whom a choice of sides is for."""
        if choice == "tie":
            return "tie"
        return "b" if (choice == "right") != self.swapped else "a"


@dataclass(frozen=True)
class Vote:
    """One answer."""

    picture: str
    winner: Winner


@dataclass(frozen=True)
class Poll:
    """Two evaluations, the ballots in their order, and the file that collects the votes."""

    folders: tuple[Path, Path]
    models: tuple[str, str]
    ballots: Sequence[Ballot]
    out: Path

    def side(self, number: int, side: Literal["left", "right"]) -> Path:
        """The picture that stands on a side of a ballot."""
        ballot = self.ballots[number]
        return self.folders[(side == "right") != ballot.swapped] / ballot.picture

    def votes(self) -> list[Vote]:
        """The votes that were given. Raises LcpipeError for a file of another poll."""
        if not self.out.exists():
            return []
        try:
            document = json.loads(self.out.read_bytes())
            votes = [Vote(str(vote["picture"]), vote["winner"]) for vote in document["votes"]]
            same = document["models"] == list(self.models) and {vote.winner for vote in votes} <= {"a", "b", "tie"}
        except (OSError, ValueError, KeyError, TypeError):
            same, votes = False, []
        if not same:
            raise LcpipeError("not the votes of these two models", where=str(self.out), hint="give another --out")
        return votes

    def add(self, number: int, choice: Choice) -> list[Vote]:
        """Writes one more vote, and gives them all; a second vote on a drawing replaces the first."""
        ballot = self.ballots[number]
        given = [vote for vote in self.votes() if vote.picture != ballot.picture]
        votes = [*given, Vote(ballot.picture, ballot.winner(choice))]
        self.save(votes)
        return votes

    def save(self, votes: Sequence[Vote]) -> None:
        """Writes all votes with what they say. Raises StorageError where the file cannot be written."""
        document = {
            "format": FORMAT,
            "models": list(self.models),
            "votes": [asdict(vote) for vote in votes],
            "bradley_terry": asdict(result(votes)),
        }
        write_bytes(str(self.out), json.dumps(document, indent=1, sort_keys=True).encode() + b"\n")


def result(votes: Sequence[Vote]) -> Estimate:
    """The Bradley-Terry estimate of votes."""
    count = Counter(vote.winner for vote in votes)
    return estimate(count["a"], count["b"], count["tie"])


def open_poll(place_a: str, place_b: str, out: str, seed: int = 0) -> Poll:
    """A poll on the pictures that both evaluations kept. Raises LcpipeError when there is none."""
    documents = [read_evaluation(place) for place in (place_a, place_b)]
    check_comparable(*documents)
    folders = [Path(place) if Path(place).is_dir() else Path(place).parent for place in (place_a, place_b)]
    models = tuple(str(document["model"]["sha256"]) for document in documents)
    shared = sorted(set(kept(documents[0])) & set(kept(documents[1])))
    shared = [name for name in shared if all((folder / name).is_file() for folder in folders)]
    if not shared:
        hint = "evaluate both with one protocol, whose [grid] keeps pictures"
        raise LcpipeError("the evaluations share no pictures", where=f"{place_a}, {place_b}", hint=hint)
    rng = generator(seed, digest_of([*models, shared]), "vote")
    order, sides = rng.permutation(len(shared)), rng.random(len(shared)) < 0.5
    ballots = [Ballot(shared[place], bool(swapped)) for place, swapped in zip(order, sides, strict=True)]
    poll = Poll((folders[0], folders[1]), (models[0], models[1]), ballots, Path(out))
    poll.votes()
    return poll


def kept(document: dict[str, Any]) -> list[str]:
    """The pictures that an evaluation kept as files, by names that stay within its folder."""
    names = document.get("pictures", [])
    return [name for name in names if isinstance(name, str) and _within(name)]


def _within(name: str) -> bool:
    parts = name.split("/")
    return (
        len(parts) == 4 and parts[0] == "pictures" and ".." not in parts and name.endswith(".png") and "\\" not in name
    )
