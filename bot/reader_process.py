"""A process that only reads messages: batches come in on standard input, readings go out.

Run by `bot.readers`; it ends when its input ends, so it never outlives the one that asked.
Frames are four bytes of length (big-endian) and a pickle, both ways between parent and child only.
"""

import gc
import os
import pickle
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

# Our vectors are short: helper threads of the linear algebra would only wait in a busy loop.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from core.cores import choose_cores
from nlp.reading import Context, Reading, read, refresh_models, use_weights

LENGTH = struct.Struct(">I")
READY = "ready"

Place = tuple[tuple[str, ...], Mapping[str, float]]
"""Names of places and thresholds of a community."""
Item = tuple[str, int, str | None, bool, tuple[Any, ...], tuple[Any, ...], bool]
"""Text, number of the place, and the fields of a Context that differ from message to message."""
Told = tuple[Any, ...]
"""A Reading without its text, its intent as a string."""


def pack(frame: list[Any] | tuple[Any, ...]) -> bytes:
    """A frame as bytes, its length first."""
    body = pickle.dumps(frame, protocol=5)
    return LENGTH.pack(len(body)) + body


def told(reading: Reading) -> Told:
    """What the other side needs to make the Reading again; `bot.readers` knows the order."""
    return (
        reading.intent.value,
        reading.category,
        reading.category2,
        reading.urgency,
        reading.place,
        reading.confidence,
        reading.category_confidence,
        reading.reasons,
        reading.same_as,
        reading.model,
        reading.danger,
    )


def answer(places: Mapping[int, Place], item: Item) -> Told:
    """The reading of one message."""
    text, number, sender, addressed, messages, matters, links = item
    gazetteer, thresholds = places[number]
    context = Context(
        sender=sender,
        addressed=addressed,
        messages=messages,
        matters=matters,
        gazetteer=gazetteer,
        thresholds=thresholds,
        links=links,
    )
    return told(read(text, context))


def keep_reading(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer batch after batch until the source ends."""
    places: dict[int, Place] = {}
    model = ""
    while head := source.read(LENGTH.size):
        wanted, new_places, items = pickle.loads(source.read(*LENGTH.unpack(head)))
        if wanted != model:
            model = wanted
            # What cannot be loaded leaves the old one in use, as on the other side.
            with suppress(OSError, ValueError, KeyError):
                refresh_models()
        places.update(new_places)
        sink.write(pack([answer(places, item) for item in items]))
        sink.flush()


def main() -> None:
    """Go to the cores and load the models the arguments name, say so, and read."""
    folder, *cores = sys.argv[1:]
    choose_cores([int(core) for core in cores])
    use_weights(Path(folder))
    read("")
    gc.collect()
    gc.freeze()
    sink = sys.stdout.buffer
    sink.write(pack([READY]))
    sink.flush()
    keep_reading(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
