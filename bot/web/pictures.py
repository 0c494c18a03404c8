"""Photos people send by a page: turned upright, made smaller, and rid of all they tell besides."""

import asyncio
import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from bot.web.forms import Upload
from core.errors import Refusal
from core.files import FileStore

PHOTO_BYTES_MAX = 10_000_000
UPLOAD_BYTES_MAX = 12_000_000  # a photo, and the words that come with it
SIDE_MAX = 1_600
PIXELS_MAX = 60_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
QUALITY = 82
MEDIA_TYPE = "image/jpeg"
ACCEPT = "image/jpeg,image/png,image/webp"
"""What a file field asks for: with these named, telephones turn their own formats into JPEG."""


class NotAPhoto(Refusal):
    code = "not_a_photo"
    text = "这个文件不是能打开的照片，请换一张 JPG 或 PNG。"
    status = 422


class PhotoTooLarge(Refusal):
    code = "photo_too_large"
    text = "这张照片的尺寸太大（超过 {millions} 百万像素），请缩小后再传。"
    status = 422


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept: its SHA-256, media type and number of bytes."""

    sha256: str
    media_type: str
    size: int


async def keep_photo(files: FileStore, upload: Upload) -> Photo:
    """Clean the photo and keep it; NotAPhoto or PhotoTooLarge when that cannot be done.

    Runs in a thread: turning a large photo takes up to a second.
    """
    return await asyncio.to_thread(_keep, files, upload.content)


def cleaned(content: bytes) -> bytes:
    """The first frame as an upright JPEG of at most SIDE_MAX a side, without any metadata.

    The number of pixels is checked before any is unpacked, so that a small file cannot blow up.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own bomb warning: checked below
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > PIXELS_MAX:
            raise PhotoTooLarge(millions=PIXELS_MAX // 1_000_000)
        image.draft("RGB", (SIDE_MAX, SIDE_MAX))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((SIDE_MAX, SIDE_MAX))
        out = io.BytesIO()
        _on_white(upright).save(out, "JPEG", quality=QUALITY, optimize=True)
    except Image.DecompressionBombError as error:
        raise PhotoTooLarge(millions=PIXELS_MAX // 1_000_000) from error
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:
        raise NotAPhoto from error
    return out.getvalue()


def _keep(files: FileStore, content: bytes) -> Photo:
    clean = cleaned(content)
    return Photo(files.keep(clean), MEDIA_TYPE, len(clean))


def _on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency, and without what the file said about camera and place."""
    if image.mode in ("RGBA", "LA", "PA", "P"):
        image = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image.getchannel("A"))
        return paper
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain
