"""Forms: what people typed becomes a small frozen class, or errors in plain words beside it.

A form is a frozen dataclass and one function that reads it:

    def read_reason(data: Posted) -> Reason:
        fields = Fields(data)
        form = Reason(text=fields.text("text", "情况", most=500))
        fields.check()
        return form

`check` raises FormTrouble, which carries the errors and everything typed, so that the handler
shows the same page again: `errors` and `typed` are what the macros of _forms.html ask for.
"""

import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from aiohttp.web import FileField

from core.errors import Refusal

Posted = Mapping[str, "str | bytearray | bytes | FileField"]
OneOf = TypeVar("OneOf", bound=StrEnum)

ID_MAX = (1 << 63) - 1
ID_DIGITS_MAX = 19


class FormTrouble(Refusal):
    """Something in a form must be put right; `errors` says what, field by field."""

    code = "form_trouble"
    text = "有 {count} 处需要改一下，您写的内容还在。"
    status = 422

    def __init__(self, errors: Mapping[str, str], typed: Mapping[str, str]) -> None:
        super().__init__(count=len(errors))
        self.errors = dict(errors)
        self.typed = dict(typed)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its claimed name and type, and its content."""

    name: str
    media_type: str
    content: bytes


class Fields:
    """Reads one posted form field by field and collects what is wrong."""

    def __init__(self, data: Posted) -> None:
        self._data = data
        self.errors: dict[str, str] = {}
        self.typed = {k: v for k, v in data.items() if isinstance(v, str) and k != "csrf"}

    def text(self, name: str, label: str, *, most: int, required: bool = True) -> str:
        """Words without control characters or outer spaces, at most so many characters."""
        value = _clean(self.typed.get(name, ""))
        if not value and required:
            self.wrong(name, f"请填写{label}。")
        if len(value) > most:
            self.wrong(name, f"{label}太长了：最多 {most} 个字，现在有 {len(value)} 个。")
        return value

    def secret(self, name: str, label: str, *, most: int) -> str:
        """A password: taken as it is, and never shown again."""
        value = self.typed.pop(name, "")
        if not value:
            self.wrong(name, f"请填写{label}。")
        if len(value) > most:
            self.wrong(name, f"{label}太长了，最多 {most} 个字符。")
        return value[:most]

    def choice(
        self, name: str, label: str, among: Collection[str], *, required: bool = True
    ) -> str:
        """One of the values offered."""
        value = self.typed.get(name, "").strip()
        if not value and not required:
            return ""
        if value not in among:
            self.wrong(name, f"请选择{label}。")
        return value

    def one_of(self, name: str, label: str, values: type[OneOf]) -> OneOf:
        """A member of an enum by its value; its first member stands in for a wrong one."""
        chosen = self.choice(name, label, [member.value for member in values])
        return next((member for member in values if member.value == chosen), next(iter(values)))

    def whole(self, name: str, label: str, *, least: int, most: int) -> int:
        """A whole number within limits, in half- or full-width digits."""
        value = unicodedata.normalize("NFKC", self.typed.get(name, "")).strip()
        if not value.isascii() or not value.isdigit() or len(value) > ID_DIGITS_MAX:
            self.wrong(name, f"{label}请填数字。")
            return least
        number = int(value)
        if not least <= number <= most:
            self.wrong(name, f"{label}应在 {least} 到 {most} 之间。")
        return number

    def row_id(self, name: str, label: str, *, required: bool = True) -> int | None:
        """The id of a row, as forms carry it."""
        value = self.typed.get(name, "").strip()
        if not value and not required:
            return None
        if path_id(value) == 0:
            self.wrong(name, f"请选择{label}。")
            return None
        return int(value)

    def flag(self, name: str) -> bool:
        """Whether a box is ticked."""
        return self.typed.get(name, "") not in ("", "0")

    def upload(self, name: str, label: str, *, bytes_max: int) -> Upload | None:
        """The file that was chosen, or None when none was."""
        field = self._data.get(name)
        if not isinstance(field, FileField) or not field.filename:
            return None
        content = field.file.read(bytes_max + 1)
        if len(content) > bytes_max:
            self.wrong(name, f"{label}太大：最大 {bytes_max // 1_000_000} MB。请换一个小一点的。")
            return None
        return Upload(field.filename, field.content_type, content) if content else None

    def wrong(self, name: str, error: str) -> None:
        """Say what is wrong with a field; the first error of a field stands."""
        self.errors.setdefault(name, error)

    def check(self) -> None:
        """Return if nothing is wrong; otherwise raise FormTrouble."""
        if self.errors:
            raise FormTrouble(self.errors, self.typed)


def path_id(text: str) -> int:
    """The id in an address, 0 (which no row has) when it is none."""
    if not text.isascii() or not text.isdigit() or len(text) > ID_DIGITS_MAX:
        return 0
    return int(text) if int(text) <= ID_MAX else 0


def _clean(text: str) -> str:
    """Without control characters (but line ends stay), outer spaces and Windows line ends."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in kept if c == "\n" or unicodedata.category(c) != "Cc").strip()
