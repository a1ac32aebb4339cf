from __future__ import annotations

import io

import numpy as np
import pytest
import resvg_py as resvg
from PIL import Image

from fallline.core.errors import InvalidValue, RunError
from fallline.figures.figure import Figure
from fallline.figures.lines import lines
from fallline.figures.style import LIGHT

X = np.geomspace(1e-4, 1, 5)


@pytest.fixture
def figure():
    return Figure(lines({"adam": np.stack([X, 5 - X], axis=1)}, ("rate", "loss")))


def test_a_png_is_the_figure_twice_as_wide_in_its_light_colours(figure, tmp_path):
    path = figure.save(tmp_path / "loss.PNG")
    picture = Image.open(io.BytesIO(path.read_bytes()))
    assert picture.format == "PNG"
    width = int(figure.svg.split('width="')[1].split('"')[0])
    assert picture.width == 2 * width
    pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    blue = [int(LIGHT["blue"][i : i + 2], 16) for i in (1, 3, 5)]
    assert (np.abs(pixels - np.array(blue)).sum(axis=1) < 6).sum() > 1000
    assert tuple(pixels[0]) == (255, 255, 255)


def test_labels_are_written(figure, tmp_path):
    dark = Image.open(figure.save(tmp_path / "loss.png")).convert("L")
    bare = Image.open(io.BytesIO(resvg.svg_to_bytes(figure.svg, zoom=2, skip_system_fonts=True))).convert("L")
    assert (np.asarray(dark) < 120).sum() > (np.asarray(bare) < 120).sum() + 500


def test_a_machine_without_fonts_is_told_apart(figure, tmp_path, monkeypatch):
    draw = resvg.svg_to_bytes
    monkeypatch.setattr(
        resvg, "svg_to_bytes", lambda svg, **options: draw(svg, **options | {"skip_system_fonts": True})
    )
    with pytest.raises(RunError, match="no fonts"):
        figure.save(tmp_path / "loss.png")
    assert not (tmp_path / "loss.png").exists()


def test_other_endings_are_refused(figure, tmp_path):
    with pytest.raises(InvalidValue, match=r"ends in \.svg or \.png"):
        figure.save(tmp_path / "loss.jpg")
