"""What channels and the house say to each other, whatever the channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    LOCATION = "location"
    LINK = "link"
    FOLLOW = "follow"  # someone subscribed to the official account
    SCAN = "scan"  # someone scanned a code with a scene
    CLICK = "click"  # someone pressed a menu button
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or a voice note that came with a message.

    `reference` is how the channel finds it again (a media id or URL); `stored` is the SHA-256
    under which the file is already kept, once it is.
    """

    media_type: str
    reference: str = ""
    stored: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message as it came in.

    `channel` is "wechat:main", "simulator", …; `chat` the group's id, empty for a private
    message; `message_id` is unique within the channel, so that a redelivery is recognised;
    `scene` what a scanned code or pressed button carried; `addressed` whether the bot was
    mentioned. `community` is the code of the community an unbound private sender counts to.
    """

    channel: str
    message_id: str
    sender: str
    text: str
    chat: str = ""
    kind: Kind = Kind.TEXT
    media: tuple[Media, ...] = ()
    scene: str = ""
    addressed: bool = False
    nickname: str = ""
    community: str = ""
    location: tuple[float, float] | None = None
    received_at: float = 0.0

    @property
    def is_private(self) -> bool:
        return not self.chat


@dataclass(frozen=True, slots=True)
class Answer:
    """What the house says to a message at once; empty text means silence.

    `facts` says what was done, for replay and tests: action, case numbers, intent. `is_repeat`
    says that the message had been answered before and nothing was done now.
    """

    text: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    is_repeat: bool = False
