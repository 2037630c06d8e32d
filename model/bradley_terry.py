"""The Bradley-Terry model of two painters: from votes to a strength, and how sure it is.

P(B is preferred to A) = 1 / (1 + exp(-s)), s the difference of log-strengths (Bradley & Terry 1952,
doi:10.2307/2334029). With two painters its maximum likelihood is the logit of the share of votes; a tie counts half a
vote for either, and half a vote is added to both so that a unanimous vote stays finite.
"""

import math
from dataclasses import dataclass

Z_95 = 1.959964


@dataclass(frozen=True)
class Estimate:
    """Votes, B's log-strength over A's with its 95 % interval, and the probability that B is preferred."""

    a: int
    b: int
    ties: int
    strength: float
    low: float
    high: float
    preferred: float


def estimate(a: int, b: int, ties: int = 0) -> Estimate:
    """The estimate from votes for A, for B, and for neither."""
    for_a, for_b = a + ties / 2 + 0.5, b + ties / 2 + 0.5
    strength = math.log(for_b / for_a)
    margin = Z_95 * math.sqrt(1 / for_a + 1 / for_b)  # the inverse of the Fisher information n p (1 - p)
    return Estimate(a, b, ties, strength, strength - margin, strength + margin, for_b / (for_a + for_b))
