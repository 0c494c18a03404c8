"""Pictures for the tests, made on the spot."""

import io
import struct
import zlib

from PIL import Image


def photo(width=400, height=300, kind="JPEG", colour=(200, 80, 40), **options):
    """A picture of one colour."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, kind, **options)
    return out.getvalue()


def photo_with_place():
    """A portrait photo taken with the camera on its side, telling where it was taken."""
    image = Image.new("RGB", (300, 200), "white")
    image.paste((0, 0, 0), (0, 0, 30, 200))  # black along the left edge as the sensor saw it
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    exif[0x010F] = "CameraMaker"
    exif.get_ifd(0x8825)[2] = (32.0, 3.0, 30.0)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


def bomb(side=30_000):
    """A PNG of a few hundred bytes that claims to be side × side pixels."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0" * 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
