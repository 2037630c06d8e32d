"""Lays one line map onto another: is this drawing the drawing of that picture, and where does it lie on it?

The transform is affine, in shares of the sides: it takes a place of the picture's frame to the place of the drawing's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

REGISTRATION_VERSION = 1  # other transforms or scores from the same pictures: raise it
LEAST_INK_PX = 50  # of a line map: below, there is nothing to compare
STRAY = 0.03  # of a side: how far a corner may lie off where both frames are one
_LEVELS = ((4, 32, 25), (2, 64, 15), (1, 160, 8))  # shrink, the share of a side that is blurred, rounds: coarse to fine
_DIRECTIONS = 6
_SIZES = (0.3, 3.3)  # how much smaller or larger the drawing may be along an axis
_FEATURES, _NEAR_PX = 400, 4.0

Lines = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """How a drawing lies on a picture: `score` 0 to 1, `matrix` float64 (2, 3), `stray` of its corners in sides."""

    score: float
    matrix: Matrix
    stray: float

    @property
    def in_place(self) -> bool:
        """True when both show the same frame."""
        return self.stray <= STRAY


def fit(drawing: Lines, picture: Lines, searched: bool = False) -> Fit | None:
    """The best way to lay a line map onto another of the same square shape; None when there is none.

    It starts where the frames agree, and with `searched` also where matching features (ORB, RANSAC) put the drawing:
    frames of pairs that are only known by name may have little in common.
    """
    if min(np.count_nonzero(drawing), np.count_nonzero(picture)) < LEAST_INK_PX:
        return None
    starts = [np.eye(2, 3, dtype=np.float32), *(_featured(drawing, picture) if searched else ())]
    fits = [found for start in starts if (found := _refined(drawing, picture, start)) is not None]
    return max(fits, key=lambda one: one.score, default=None)


def _refined(drawing: Lines, picture: Lines, start: Floats) -> Fit | None:
    """Enhanced correlation, coarse to fine (Evangelidis & Psarakis 2008), from a matrix in pixels."""
    side = len(picture)
    matrix = start.copy()
    for shrink, part, rounds in _LEVELS:
        matrix = _rescaled(matrix, 1 / shrink)
        ours, theirs = (_soft(one, side / part, shrink) for one in (picture, drawing))
        stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, rounds, 1e-3)
        try:
            _, moved = cv2.findTransformECC(ours, theirs, matrix, cv2.MOTION_AFFINE, stop, None, 1)  # type: ignore[call-overload]
        except cv2.error:  # it does not converge: these are two drawings
            return None
        matrix = _rescaled(np.asarray(moved, np.float32), shrink)
    sizes = np.linalg.svd(matrix[:, :2].astype(np.float64), compute_uv=False)
    if not _SIZES[0] <= sizes[1] <= sizes[0] <= _SIZES[1]:
        return None
    shares = _in_shares(matrix, side)
    corners = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], np.float64)
    stray = float(np.abs(corners @ shares.T - corners[:, :2]).max())
    return Fit(round(agreement(drawing, picture, matrix), 4), shares, round(stray, 4))


def refined(drawing: Lines, picture: Lines, shares: Matrix) -> Matrix:
    """A transform made finer on larger line maps of the same shape; as it was where that fails."""
    side = len(picture)
    start = in_pixels(shares, (side, side), (side, side)).astype(np.float32)
    better = _refined(drawing, picture, start)
    before = agreement(drawing, picture, start)
    return better.matrix if better is not None and better.score >= before else shares


def agreement(drawing: Lines, picture: Lines, matrix: npt.NDArray[np.floating]) -> float:
    """How well the lines lie on each other, beyond chance, 0 to 1: the geometric mean of both ways round.

    A pixel of one side hits when a line of about its direction is within a pixel on the other; 0 when no more hit than
    of ink strewn at random, as in Cohen's κ. `matrix` (2, 3) takes pixels of the picture to pixels of the drawing.
    """
    size = (picture.shape[1], picture.shape[0])
    laid = cv2.warpAffine(
        drawing.astype(np.uint8), matrix.astype(np.float32), size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    )
    ours, theirs = np.asarray(laid, bool), np.asarray(picture, bool)
    if min(np.count_nonzero(ours), np.count_nonzero(theirs)) < LEAST_INK_PX:
        return 0.0
    directions = _directions(ours), _directions(theirs)
    one = _beyond_chance(ours, theirs, *directions)
    other = _beyond_chance(theirs, ours, *reversed(directions))
    return float(np.sqrt(max(one, 0.0) * max(other, 0.0)))


def _beyond_chance(ink: Lines, lines: Lines, of_ink: npt.NDArray[np.int64], of_lines: npt.NDArray[np.int64]) -> float:
    hits = expected = 0.0
    for direction in range(_DIRECTIONS):
        apart = (of_lines - direction) % _DIRECTIONS
        similar = lines & ((apart <= 1) | (apart == _DIRECTIONS - 1))
        near = np.asarray(cv2.dilate(similar.astype(np.uint8), np.ones((3, 3), np.uint8)), bool)
        own = ink & (of_ink == direction)
        hits += float(np.count_nonzero(own & near))
        expected += float(np.count_nonzero(own) * near.mean())
    count = float(np.count_nonzero(ink))
    return (hits - expected) / max(count - expected, 1e-6)


def _directions(lines: Lines) -> npt.NDArray[np.int64]:
    """Which of six directions a line has at each place, from the smoothed structure tensor."""
    soft = cv2.GaussianBlur(lines.astype(np.float32), (0, 0), 1.0)
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    along, across = (cv2.GaussianBlur(part, (0, 0), 1.5) for part in (dx * dx - dy * dy, 2 * dx * dy))
    turned = (np.arctan2(across, along) + np.pi) / (2 * np.pi) * _DIRECTIONS
    return np.asarray(np.floor(turned).astype(np.int64) % _DIRECTIONS)


def _featured(drawing: Lines, picture: Lines) -> Iterator[Floats]:
    """Where matching features put the drawing, as a matrix in pixels; nothing when too few agree."""
    orb = cv2.ORB_create(nfeatures=_FEATURES, patchSize=31, edgeThreshold=16, fastThreshold=5)  # type: ignore[attr-defined]
    (here, ours), (there, theirs) = (orb.detectAndCompute(_drawn(one), None) for one in (picture, drawing))
    if ours is None or theirs is None:
        return
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(ours, theirs)
    if len(matches) < 6:
        return
    a = np.array([here[match.queryIdx].pt for match in matches], np.float32)
    b = np.array([there[match.trainIdx].pt for match in matches], np.float32)
    cv2.setRNGSeed(0)
    matrix, _ = cv2.estimateAffinePartial2D(a, b, method=cv2.RANSAC, ransacReprojThreshold=_NEAR_PX)
    if matrix is not None:
        yield matrix.astype(np.float32)


def _drawn(lines: Lines) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.GaussianBlur(np.where(lines, 0, 255).astype(np.uint8), (0, 0), 1.0), np.uint8)


def _soft(lines: Lines, sigma: float, shrink: int) -> Floats:
    soft = cv2.GaussianBlur(lines.astype(np.float32), (0, 0), sigma)
    side = len(lines) // shrink
    return np.asarray(cv2.resize(soft, (side, side), interpolation=cv2.INTER_AREA), np.float32)


def _rescaled(matrix: Floats, scale: float) -> Floats:
    """The same move between pictures whose sides are `scale` times as long; pixel centres lie at halves."""
    move = matrix.copy()
    move[:, 2] = scale * matrix[:, 2] + 0.5 * (scale - 1) * (matrix[:, :2].sum(axis=1) - 1)
    return move


def _in_shares(matrix: Floats, side: int) -> Matrix:
    shares = matrix.astype(np.float64)
    shares[:, 2] = (shares[:, 2] + 0.5 - 0.5 * shares[:, :2].sum(axis=1)) / side
    return shares


def in_pixels(shares: Matrix, drawing: tuple[int, int], picture: tuple[int, int]) -> Matrix:
    """A transform of shares as one of pixel centres, of pictures of (width, height): float64 (2, 3)."""
    into = np.diag(np.array(drawing, np.float64))
    turn = into @ shares[:, :2] @ np.diag(1 / np.array(picture, np.float64))
    shift = into @ shares[:, 2] + 0.5 * turn.sum(axis=1) - 0.5
    return np.column_stack([turn, shift])
