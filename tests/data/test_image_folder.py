"""Folders of images, written with Pillow and by hand, whole, mixed and broken."""

from __future__ import annotations

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from fallline.core.errors import DataError, FalllineError, InvalidType, InvalidValue
from fallline.data import images, load, raw_array
from fallline.problems import for_data, rebuild

COLOUR = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3) * 4
GREY = np.arange(20, dtype=np.uint8).reshape(4, 5) * 12


def write(path: Path, pixels: np.ndarray | Image.Image, **how: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **how)
    return path


def header(width: int, height: int, depth: int = 8, kind: int = 0) -> bytes:
    """Return a PNG's first chunk: grey is kind 0, colour kind 2."""
    return struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)


def png_of(chunks: dict[bytes, bytes]) -> bytes:
    packed = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks.items()
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


@pytest.fixture
def pets(tmp_path):
    folder = tmp_path / "pets"
    for i, name in enumerate(["dogs/2.png", "cats/1.png", "cats/10.png", "dogs/1.PNG"]):
        write(folder / name, np.uint8(COLOUR + i))
    return folder


def test_folders_are_classes_and_everything_is_in_the_order_of_its_name(pets):
    table = load(pets)

    assert (table.name, table.source, table.target, table.test) == ("pets", str(pets), "label", None)
    label = table.columns["label"]
    assert [label.levels[code] for code in label.codes] == ["cats", "cats", "dogs", "dogs"]
    assert table.columns["image"].dtype == np.uint8
    np.testing.assert_array_equal(table.columns["image"], [COLOUR + 1, COLOUR + 2, COLOUR + 3, COLOUR])


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_what_is_written_is_read_back(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("images")
    shape = data.draw(
        st.tuples(st.integers(1, 9), st.integers(1, 9)).map(lambda s: s + (3,) * data.draw(st.integers(0, 1)))
    )
    written = data.draw(st.lists(hnp.arrays(np.uint8, shape), min_size=1, max_size=4))
    for i, pixels in enumerate(written):
        write(folder / f"class{i % 2}" / f"{i}.png", pixels)

    by_class = [*written[::2], *written[1::2]]

    np.testing.assert_array_equal(load(folder).columns["image"], by_class)


@pytest.mark.parametrize("test", ["test", "val", "Validation", "testing"])
def test_train_and_test_folders_are_two_parts(tmp_path, test):
    for name in ("train/a/1.png", "train/b/1.png", "train/b/2.png", f"{test}/b/1.png"):
        write(tmp_path / name, GREY)

    table = load(tmp_path)

    assert (table.rows, table.test.rows) == (3, 1)
    assert table.columns["label"].levels == ("a", "b")
    assert (table.test.columns["label"].levels, table.test.target) == (("b",), "label")


def test_classes_may_be_called_train_and_test(tmp_path):
    for name in ("train/1.png", "test/1.png"):
        write(tmp_path / name, GREY)

    assert load(tmp_path).columns["label"].levels == ("test", "train")


def test_images_alone_have_no_label(tmp_path):
    write(tmp_path / "1.png", GREY)

    table = load(tmp_path)

    assert (list(table.columns), table.target) == (["image"], None)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["train/a/1.png", "test/a/1.png", "val/a/1.png"], "test or val, one of them"),
        (["train/a/1.png", "extra/a/1.png"], "Beside train it may hold test or val"),
        (["a/1.png", "2.png"], r"2.png lies beside the class folders"),
        (["a/2020/1.png"], r"2020/1.png lies too deep"),
        (["train/a/1.png", "test/1.png"], r"test/1.png lies beside the class folders"),
    ],
)
def test_folders_that_do_not_say_what_they_are_are_refused(tmp_path, names, said):
    for name in names:
        write(tmp_path / name, GREY)

    with pytest.raises(DataError, match=said):
        load(tmp_path)


def test_a_folder_that_an_archiver_left_is_no_class_and_other_files_are_named(pets):
    write(pets / "__MACOSX" / "1.png", GREY)
    write(pets / ".thumbnails" / "1.png", GREY)
    write(pets / "cats" / "a.gif", GREY)
    (pets / "cats" / ".DS_Store").write_bytes(b"")

    with pytest.warns(RuntimeWarning, match=r"not called .png, .jpg, .jpeg are left out. .*a.gif.$"):
        assert load(pets).columns["label"].levels == ("cats", "dogs")


def test_images_of_another_size_are_named_with_what_to_do(pets):
    write(pets / "dogs" / "3.png", COLOUR[:3])

    with pytest.raises(DataError, match=r"dogs/3.png has 3 × 5 pixels, and .*cats/1.png has 4 × 5.*size=\(4, 5\)"):
        load(pets)


def test_a_size_scales_every_image(pets):
    write(pets / "dogs" / "3.png", np.full((64, 64, 3), 77, np.uint8))

    table = images(pets, size=(2, 3))

    assert table.columns["image"].shape == (5, 2, 3, 3)
    assert (table.columns["image"][-1] == 77).all()


def test_shrinking_averages(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)
    write(tmp_path / "a" / "1.png", pixels)
    blocks = pixels.reshape(4, 16, 4, 16).mean((1, 3))

    small = images(tmp_path, size=(4, 4)).columns["image"][0]

    assert abs(small - blocks).max() < 12  # a single pixel of each block would be off by 74 on average
    assert abs(pixels[8::16, 8::16] - blocks).max() > 60


def test_colour_among_grey_makes_all_colour(tmp_path):
    write(tmp_path / "a" / "1.png", GREY)
    write(tmp_path / "b" / "1.png", COLOUR)
    write(tmp_path / "c" / "1.png", GREY)

    found = load(tmp_path).columns["image"]

    np.testing.assert_array_equal(found, [np.stack([GREY] * 3, -1), COLOUR, np.stack([GREY] * 3, -1)])


def one(folder: Path, image: np.ndarray | Image.Image, name: str = "1.png", **how: object) -> np.ndarray:
    write(folder / "a" / name, image, **how)
    return load(folder).columns["image"][0]


def test_a_palette_is_colour(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)

    assert one(tmp_path, image).tolist() == [[[10, 20, 30], [40, 50, 60]]]


def test_black_and_white_is_grey(tmp_path):
    assert one(tmp_path, Image.fromarray(np.array([[True, False]]))).tolist() == [[255, 0]]


@pytest.mark.parametrize(("alpha", "expected"), [(255, 100), (0, 255), (51, 224)])  # 100·a + 255·(1 − a)
@pytest.mark.parametrize("colour", [True, False])
def test_transparent_pixels_are_laid_on_white(tmp_path, alpha, expected, colour):
    image = Image.new("RGBA", (1, 1), (100, 100, 100, alpha)) if colour else Image.new("LA", (1, 1), (100, alpha))

    found = one(tmp_path, image)

    assert found.shape == ((1, 1, 3) if colour else (1, 1))
    assert np.unique(found).tolist() == [expected]


def test_a_transparent_colour_of_a_palette_is_white(tmp_path):
    image = Image.new("P", (1, 1))
    image.putpalette([10, 20, 30])

    assert one(tmp_path, image, transparency=0).tolist() == [[[255, 255, 255]]]


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_read(tmp_path, mode):
    flat = {"L": 90, "RGB": (200, 100, 50), "CMYK": (0, 155, 205, 55)}[mode]
    found = one(tmp_path, Image.new(mode, (16, 16), flat), "1.JPG", quality=95)

    expected = 90 if mode == "L" else (200, 100, 50) if mode == "RGB" else (200, 78, 39)  # (255 − c)(255 − k) / 255
    assert found.shape == (16, 16, 3)[: 2 if mode == "L" else 3]
    assert abs(found - np.array(expected, float)).max() <= 4


@pytest.mark.parametrize("form", ["png", "jpg"])
def test_the_cameras_orientation_is_applied(tmp_path, form):
    half = np.zeros((16, 32), np.uint8)
    half[:, 16:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right: what was on the right comes to the bottom

    found = one(tmp_path, half, f"1.{form}", exif=exif)

    assert found.shape == (32, 16)
    assert (found[:14] < 30).all()
    assert (found[18:] > 225).all()


@pytest.mark.parametrize(("kind", "channels"), [(0, 1), (2, 3)], ids=["grey", "colour"])
def test_sixteen_bits_are_refused(tmp_path, kind, channels):
    lines = zlib.compress((b"\0" + bytes(2 * 3 * channels)) * 2)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(png_of({b"IHDR": header(3, 2, 16, kind), b"IDAT": lines, b"IEND": b""}))

    with pytest.raises(DataError, match=r"1.png cannot be read as an image: it has 16 bits a channel"):
        load(tmp_path)


def broken(kind: str, whole: bytes) -> bytes:
    return {
        "empty": b"",
        "text": b"<html>404</html>",
        "cut short": whole[: len(whole) // 2],
        "changed": whole[:-30] + bytes([whole[-30] ^ 255]) + whole[-29:],
        "another kind": gif(),
    }[kind]


def gif() -> bytes:
    file = io.BytesIO()
    Image.fromarray(GREY).save(file, "GIF")
    return file.getvalue()


@pytest.mark.parametrize("kind", ["empty", "text", "cut short", "changed", "another kind"])
def test_a_broken_image_is_named_or_left_out(pets, kind):
    noise = np.random.default_rng(0).integers(0, 256, COLOUR.shape, np.uint8)
    victim = write(pets / "cats" / "2.png", noise)
    victim.write_bytes(broken(kind, victim.read_bytes()))

    with pytest.raises(DataError, match=r"cats/2.png cannot be read as an image: .*broken='skip'"):
        load(pets)
    with pytest.warns(RuntimeWarning, match=r"1 of 5 images are left out. .*cats/2.png"):
        table = images(pets, broken="skip")
    np.testing.assert_array_equal(table.columns["image"], [COLOUR + 1, COLOUR + 2, COLOUR + 3, COLOUR])
    assert table.columns["label"].codes.tolist() == [0, 0, 1, 1]


def test_a_jpeg_cut_short_is_broken(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    path = write(tmp_path / "a" / "1.jpg", noise)
    path.write_bytes(path.read_bytes()[:2000])

    with pytest.raises(DataError, match=r"1.jpg cannot be read as an image: .*truncated"):
        load(tmp_path)


def test_only_the_first_of_many_broken_images_are_named(pets):
    for i in range(9):
        (pets / "dogs" / f"x{i}.png").write_bytes(b"")

    with pytest.warns(RuntimeWarning, match=r"9 of 13 images are left out. .*x0.*x4.png [^x]* And 4 more.$"):
        assert images(pets, broken="skip").rows == 4


def test_nothing_but_broken_images_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").write_bytes(b"")

    with pytest.raises(DataError, match=r"none of its 1 images can be read. .*1.png"):
        images(tmp_path, broken="skip")


def test_a_test_part_of_broken_images_is_refused(pets, tmp_path):
    folder = tmp_path / "all"
    write(folder / "train" / "a" / "1.png", GREY)
    write(folder / "test" / "a" / "1.png", GREY).write_bytes(b"")

    with pytest.warns(RuntimeWarning), pytest.raises(DataError, match="every image of the test part is broken"):
        images(folder, broken="skip")


def test_a_decompression_bomb_is_refused(pets):
    """100 kilobytes that claim 400 million pixels."""
    bomb = png_of({b"IHDR": header(20_000, 20_000), b"IDAT": zlib.compress(bytes(10**6)), b"IEND": b""})
    (pets / "cats" / "2.png").write_bytes(bomb)

    with pytest.raises(DataError, match=r"cats/2.png cannot be read as an image: .*decompression bomb"):
        load(pets)


def test_a_large_image_that_pillow_only_warns_about_is_refused(pets):
    bomb = png_of({b"IHDR": header(10_000, 10_000), b"IDAT": zlib.compress(b""), b"IEND": b""})
    (pets / "cats" / "2.png").write_bytes(bomb)

    with pytest.raises(DataError, match=r"cats/2.png cannot be read as an image: .*decompression bomb"):
        load(pets)


def test_more_than_fits_is_refused_before_memory_is_taken(pets, monkeypatch):
    monkeypatch.setattr(raw_array, "LARGEST", 239)

    with pytest.raises(DataError, match=r"4 images of 4 × 5 pixels take 240 bytes, and at most 239 .* smaller size="):
        load(pets)
    assert images(pets, size=(3, 5)).rows == 4


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no PNG or JPEG images"):
        images(tmp_path)


def test_reading_leaves_the_warnings_as_they_were(pets):
    write(pets / "dogs" / "3.png", COLOUR[:3])
    before = list(warnings.filters)
    with pytest.raises(DataError) as caught:
        load(pets)

    assert warnings.filters == before, caught


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_never_left_out(pets):
    (pets / "cats" / "1.png").chmod(0)

    with pytest.raises(DataError, match="Permission denied"):
        images(pets, broken="skip")


def test_a_dangling_link_is_never_left_out(pets):
    (pets / "cats" / "2.png").symlink_to("nowhere.png")

    with pytest.raises(DataError, match=r"cats/2.png cannot be read: No such file"):
        images(pets, broken="skip")


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from(["1.png", "1.jpg"]))
def test_changed_bytes_are_an_image_or_a_data_error(tmp_path, data, name):
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    for old in (tmp_path / "a").glob("*"):
        old.unlink()
    path = write(tmp_path / "a" / name, noise, exif=Image.Exif())
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    message = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert load(tmp_path).rows == 1
    except DataError as error:
        message = str(error)
    assert message is None or name in message


def test_a_recipe_remembers_size_and_broken(pets, monkeypatch):
    (pets / "dogs" / "3.png").write_bytes(b"")
    for i in range(6):
        write(pets / ("cats", "dogs")[i % 2] / f"9{i}.png", np.uint8(COLOUR + 4 + i))
    monkeypatch.chdir(pets.parent)
    with pytest.warns(RuntimeWarning, match="1 of 11"):
        table = images("pets", size=(3, 2), broken="skip")
    problem = for_data(table, model="linear", split=(0.6, 0.2, 0.2))
    assert table.source == f"images({str(pets)!r}, size=(3, 2), broken='skip')"
    with pytest.warns(RuntimeWarning, match="1 of 11"):
        again = rebuild(problem.recipe)

    np.testing.assert_array_equal(again.data.train.x, problem.data.train.x)
    assert problem.data.train.x.shape == (6, 3, 2, 3)


def test_paths_with_quotes_are_remembered(tmp_path):
    folder = tmp_path / 'it\'s ("all") [here]'
    write(folder / "a" / "1.png", GREY)

    table = images(folder, size=(2, 2))

    np.testing.assert_array_equal(load(table.source).columns["image"], table.columns["image"])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda folder: images(folder, size=(0, 3)), InvalidValue, "a height and a width"),
        (lambda folder: images(folder, size=32), InvalidValue, "a height and a width"),
        (lambda folder: images(folder, broken="ignore"), InvalidValue, "'error' or 'skip'"),
        (lambda folder: images(7), InvalidType, "by its path"),
        (lambda folder: images(folder / "none"), DataError, "is no folder of images"),
        (lambda folder: load(f"images('{folder}', colour=true)"), InvalidValue, "write images"),
        (lambda folder: load("images()"), InvalidValue, "missing a required argument: 'folder'; write images"),
        (lambda folder: load("images(7)"), InvalidType, "by its path"),
        (lambda folder: images(folder.parent), DataError, "lies too deep"),
        (lambda folder: images(folder, size=(10**6, 10**6)), DataError, "smaller size="),
    ],
)
def test_impossible_requests_are_refused(pets, call, error, said):
    with pytest.raises(error, match=said):
        call(pets)
    assert issubclass(error, FalllineError)
