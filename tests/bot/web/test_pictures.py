"""Photos: upright, small, without secrets; and nothing that only claims to be one."""

import io

import pytest
from PIL import Image

from bot.web.forms import Upload
from bot.web.pictures import (
    MEDIA_TYPE,
    SIDE_MAX,
    NotAPhoto,
    PhotoTooLarge,
    cleaned,
    keep_photo,
)
from tests.bot.web.photos import bomb, photo, photo_with_place


def opened(content):
    return Image.open(io.BytesIO(content))


def test_photo_is_turned_upright_and_tells_nothing_else():
    content = photo_with_place()
    assert b"CameraMaker" in content

    image = opened(cleaned(content))

    assert image.size == (200, 300)
    assert image.convert("L").getpixel((100, 5)) < 60  # the black edge is on top now
    assert dict(image.getexif()) == {}
    assert b"CameraMaker" not in cleaned(content)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((SIDE_MAX, 100), (SIDE_MAX, 100)),
        ((SIDE_MAX + 1, 801), (SIDE_MAX, 800)),
        ((300, 4 * SIDE_MAX), (75, SIDE_MAX)),
        ((20, 10), (20, 10)),
    ],
)
def test_large_photo_becomes_smaller_and_small_stays(size, expected):
    assert opened(cleaned(photo(*size))).size == expected


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_every_usual_kind_becomes_a_jpeg(kind):
    image = opened(cleaned(photo(kind=kind)))

    assert (image.format, image.mode, MEDIA_TYPE) == ("JPEG", "RGB", "image/jpeg")


def test_transparency_becomes_white():
    out = io.BytesIO()
    Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")

    assert opened(cleaned(out.getvalue())).getpixel((5, 5)) == (255, 255, 255)


def test_bomb_is_refused_before_it_is_unpacked():
    content = bomb()
    assert len(content) < 300

    with pytest.raises(PhotoTooLarge) as refusal:
        cleaned(content)

    assert str(refusal.value) == "这张照片的尺寸太大（超过 60 百万像素），请缩小后再传。"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload='alert(1)'/>",
        b"GIF89a<script>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 50,
        photo()[:200],
        b"%PDF-1.7",
        b"PK\x03\x04" + b"\0" * 100,
    ],
)
def test_what_is_no_photo_is_refused(content):
    with pytest.raises(NotAPhoto):
        cleaned(content)


async def test_same_photo_is_kept_once(house):
    upload = Upload("a.jpg", "image/jpeg", photo())

    first = await keep_photo(house.files, upload)
    second = await keep_photo(house.files, upload)

    assert first == second
    assert house.files.path(first.sha256).stat().st_size == first.size
