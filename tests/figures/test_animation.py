"""Animations read back: frames, times, and what moves in them."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageSequence
from tests.figures.scenes import bowl, falling, line

from fallline.core.errors import InvalidValue, RunError
from fallline.figures import animation
from fallline.figures.style import LIGHT
from fallline.figures.view.draw import stage


def read(path):
    with Image.open(path) as picture:
        return [
            (np.asarray(f.convert("RGB")).astype(int), f.info.get("duration", 0))
            for f in ImageSequence.Iterator(picture)
        ]


def ball(frame, role):
    """The middle of what is in a colour, left of the legend's and below it."""
    colour = [int(LIGHT[role][i : i + 2], 16) for i in (1, 3, 5)]
    near = np.abs(frame - colour).sum(axis=2) < 40
    near[:100] = False
    return np.argwhere(near).mean(axis=0) if near.any() else None


@pytest.mark.parametrize("ending", ["gif", "webp"])
def test_an_animation_moves_and_takes_its_time_and_starts_again(tmp_path, ending):
    way = falling(lr=0.02, steps=5)
    path = animation.save(tmp_path / f"bowl.{ending}", bowl(way), seconds=2.0)
    frames = read(path)
    assert len(frames) == 6
    assert sum(stays for _, stays in frames) == 2000
    assert frames[-1][1] >= 400
    with Image.open(path) as picture:
        assert picture.info["loop"] == 0
    assert all(np.abs(a - b).sum() > 0 for (a, _), (b, _) in itertools.pairwise(frames))
    first, last = (ball(frame, "indigo") for frame in (frames[0][0], frames[-1][0]))
    assert last[1] > first[1]  # to the right: the mean of a growing way
    assert last[0] > first[0]  # and down
    assert path.stat().st_size < 200_000


def test_a_frame_is_the_picture_at_its_step():
    scene = bowl(falling(lr=0.02, steps=3), notes=("A note.",))
    shown = stage(scene)
    frames = list(animation.frames(shown, seconds=1.0))
    for step in (0, 3):
        whole = animation._picture(animation.png(shown.page(step), animation.SCALE)).convert("RGB")
        assert np.abs(np.asarray(whole).astype(int) - np.asarray(frames[step].picture)).max() <= 2


def test_colours_of_ways_survive_the_gif(tmp_path):
    ways = [
        falling(label, lr=0.01 * (i + 1), steps=4) for i, label in enumerate(["sgd", "momentum", "adam", "adadelta"])
    ]
    (frame, _), *_ = read(animation.save(tmp_path / "b.gif", bowl(*ways), seconds=1.0, fps=2))
    found = {tuple(colour) for colour in frame.reshape(-1, 3).tolist()}
    for role in ("paper", "ink", "indigo", "contrast", "vermilion", "orange"):
        assert tuple(int(LIGHT[role][i : i + 2], 16) for i in (1, 3, 5)) in found


@given(st.integers(0, 10_000), st.integers(1, 300))
def test_the_steps_that_are_shown(steps, most):
    shown = animation.moments(steps, most)
    assert shown[0] == 0
    assert shown[-1] == steps
    assert len(shown) == min(steps, most) + 1
    assert shown == sorted(set(shown))
    leaps = np.diff(shown)
    assert not len(leaps) or leaps[0] <= leaps[-1]


def test_a_thousand_steps_play_in_the_time_that_is_given():
    shown = stage(line(falling(start=(1.5,), lr=1e-3, steps=1000)))
    frames = animation.frames(shown, seconds=1.5, fps=6)
    stays = [frame.stays for frame in frames]
    assert sum(stays) == 1500
    assert len(stays) <= 9


def test_several_scenes_move_together(tmp_path):
    scenes = [bowl(falling(steps=n), title=f"{n} steps") for n in (2, 4)]
    assert len(read(animation.save(tmp_path / "two.gif", scenes, seconds=1.0))) == 5


def test_a_still_scene_is_one_frame(tmp_path):
    assert len(read(animation.save(tmp_path / "still.gif", bowl(), seconds=1.0))) == 1


def test_an_mp4_has_its_frames(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    importlib.import_module("jax")  # which warns of forks
    path = animation.save(tmp_path / "bowl.mp4", bowl(falling(steps=3)), seconds=0.8)
    decoded = [ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    found = np.frombuffer(subprocess.run(decoded, capture_output=True, check=True).stdout, np.uint8).astype(int)
    shown = stage(bowl(falling(steps=3)))
    frames = found.reshape(-1, shown.height - shown.height % 2, shown.width - shown.width % 2)
    assert len(frames) == 20
    assert np.abs(frames[0] - frames[-1]).max() > 100


def test_an_mp4_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(RunError, match=r"pip install 'fallline\[mp4\]'"):
        animation.save(tmp_path / "bowl.mp4", bowl(falling(steps=1)), seconds=0.5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.avi", {}, r"\.gif, \.webp, \.mp4"),
        ("a.gif", {"seconds": 0}, "seconds=0"),
        ("a.gif", {"seconds": float("nan")}, "seconds=nan"),
        ("a.gif", {"fps": 51}, "fps=51"),
        ("a.gif", {"kind": "curve"}, "'map' or 'surface'"),
    ],
)
def test_what_cannot_be_made_is_refused_before_any_frame(tmp_path, name, options, message):
    with pytest.raises(InvalidValue, match=message):
        animation.save(tmp_path / name, bowl(falling()), **options)
    assert not list(tmp_path.iterdir())


def test_an_animation_replaces_a_file_or_leaves_it(tmp_path):
    with pytest.raises(RunError, match="cannot write"):
        animation.save(tmp_path / "no" / "folder.gif", bowl(falling(steps=1)), seconds=0.5)
