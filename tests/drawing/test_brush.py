"""The brush: what is covered loses its lines, and nothing is drawn outside."""

import numpy as np

from lcpipe.pipeline.drawing.brush import Brush, blank
from lcpipe.pipeline.drawing.curves import curve, ellipse, joined, stroke_outline, taper

RED, BLUE = (200, 30, 30), (30, 30, 200)
SQUARE = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]


def brush() -> Brush:
    """One unit is 50 pixels of a canvas for a picture of 100 x 100, from its middle."""
    return Brush(blank(100, 100, (255, 255, 255)), ((100.0, 0.0, 100.0), (0.0, 100.0, 100.0)), 100.0, (0, 0, 0))


def test_a_cover_hides_the_lines_below_it() -> None:
    pen = brush()
    pen.stroke([(-0.9, 0.0), (0.9, 0.0)], 3.0, 1, 1)
    pen.cover(SQUARE, RED)
    color, line = pen.canvas.shrunk()
    assert line[50, 50] == 255
    assert line[50, 15] < 50
    assert tuple(color[50, 50]) == RED


def test_a_fill_leaves_the_lines_alone() -> None:
    pen = brush()
    pen.stroke([(-0.9, 0.0), (0.9, 0.0)], 3.0, 1, 1)
    pen.fill(SQUARE, RED)
    assert pen.canvas.shrunk()[1][50, 50] < 50


def test_marks_stay_inside() -> None:
    pen = brush()
    with pen.inside(SQUARE) as within:
        within.fill(ellipse(0.5, 0.0, 0.4, 0.4), BLUE)
        within.stroke([(-1.0, 0.2), (1.0, 0.2)], 3.0, 1, 1)
    color, line = pen.canvas.shrunk()
    assert tuple(color[50, 70]) == BLUE
    assert (color[:, 77:] == 255).all()
    assert (line[:, 77:] == 255).all()
    assert line[60, 50] < 50


def test_what_lies_outside_the_canvas_changes_nothing() -> None:
    pen = brush()
    away = np.array(SQUARE) + (30.0, -9.0)
    pen.shape([away], RED)
    pen.gradient(away, RED, BLUE)
    pen.blush(30.0, -9.0, 0.2, 0.2, RED, 1.0)
    with pen.inside(away) as within:
        within.fill(away, BLUE)
    color, line = pen.canvas.shrunk()
    assert (color == 255).all()
    assert (line == 255).all()


def test_halves_are_mirror_images() -> None:
    pen = Brush(blank(100, 100, RED), ((100.0, 0.0, 99.5), (0.0, 100.0, 99.5)), 100.0, (0, 0, 0))
    for half in pen.halves():
        half.stroke([(0.2, -0.6), (0.5, 0.1), (0.3, 0.7)], 2.0)
    line = pen.canvas.shrunk()[1].astype(int)
    assert np.abs(line - line[:, ::-1]).max() <= 8


def test_a_gradient_runs_from_top_to_bottom() -> None:
    pen = brush()
    pen.gradient(SQUARE, RED, BLUE)
    color = pen.canvas.shrunk()[0]
    assert np.abs(color[27, 50].astype(int) - RED).max() < 12
    assert np.abs(color[73, 50].astype(int) - BLUE).max() < 12
    assert (np.diff(color[27:73, 50, 2].astype(int)) >= 0).all()


def test_a_moved_brush_draws_around_its_new_origin() -> None:
    pen = brush()
    pen.moved((0.5, 0.5), 0.2).fill(SQUARE, RED)
    color = pen.canvas.shrunk()[0]
    assert tuple(color[75, 75]) == RED
    assert tuple(color[50, 50]) == (255, 255, 255)


def test_a_curve_passes_through_its_points() -> None:
    points = np.array([(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)])
    way = curve(points)
    assert all(np.isclose(way, point).all(axis=1).any() for point in points)
    assert np.allclose(curve(points, closed=True)[0], curve(points, closed=True)[-1])
    assert len(joined([points, points])) == 2 * len(way)


def test_a_stroke_is_as_wide_as_told() -> None:
    way = np.stack([np.linspace(0, 10, 11), np.zeros(11)], axis=1)
    outline = stroke_outline(way, np.full(11, 2.0))
    assert np.ptp(outline[:, 1]) == 2.0
    widths = taper(11, 0.2, 0.4)
    assert np.allclose(widths[[0, 5, 10]], [0.2, 1.0, 0.4])
