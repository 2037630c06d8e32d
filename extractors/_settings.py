"""Settings that several extractors have in common, with their checks; an extractor's own `Settings` add theirs."""

from dataclasses import dataclass
from typing import Any, ClassVar

from ._lines import HARD_PHI, between, strength


@dataclass(frozen=True)
class DifferenceSettings:
    """Of differences of Gaussians; `sigma` and `despeckle_px` are in pixels of the picture as given.

    `sigma`, `k`: the two Gaussians are σ and kσ wide; `p` or `tau`, not both: the weight of the second (neither: p 19);
    `epsilon`: the smallest S, as luma of [0, 1], that is paper; `phi`: steepness of the threshold, hard (0 or 255,
    nothing between) from 1e6 on; `despeckle_px`: connected ink of at most so many pixels is dropped.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    instead: ClassVar[dict[str, str]] = {"p": "tau", "tau": "p"}  # given, each stands for a preset's other
    largest: ClassVar[tuple[float, float]] = (200.0, 100.0)  # σ and k

    sigma: float = 0.4
    k: float = 4.5
    p: float | None = None
    tau: float | None = None
    epsilon: float = 0.0
    phi: float = 1e9
    despeckle_px: int = 8

    def __post_init__(self) -> None:
        between("sigma", self.sigma, 0.05, self.largest[0])
        between("k", self.k, 1.01, self.largest[1])
        between("epsilon", self.epsilon, -100.0, 0.99)  # from 1 on, white paper would be ink
        between("phi", self.phi, 0.01, 1e12)
        between("despeckle_px", self.despeckle_px, 0, 1_000_000)
        strength(self.p, self.tau)

    @property
    def strength(self) -> float:
        """p, from whichever of p and τ was given."""
        return strength(self.p, self.tau)

    @property
    def hard(self) -> bool:
        """Whether the threshold leaves no greys."""
        return self.phi >= HARD_PHI


@dataclass(frozen=True)
class WholeSettings:
    """Of networks that see a picture as a whole.

    `side_px`: the short side at which they draw, 512 as published; `paper`: lighter than this, of [0, 1], is paper;
    `weights`: the sha256 of the file with the weights.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    least_side_px: ClassVar[int] = 64

    side_px: int = 512
    paper: float = 0.96
    weights: str = ""

    def __post_init__(self) -> None:
        between("side_px", self.side_px, self.least_side_px, 4096)
        between("paper", self.paper, 0.01, 1.0)
