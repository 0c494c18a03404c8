"""What a file is, by its first bytes."""

import pytest

from bot.channels.wechat.media import media_type_of


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"GIF89a...", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt", ""),
        (b"\x02#!SILK_V3", "audio/silk"),
        (b"OggS\x00", "audio/ogg"),
        (b"ID3\x03", "audio/mpeg"),
        (b"<svg onload=alert(1)>", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_say_what_it_is(content, expected):
    assert media_type_of(content) == expected
