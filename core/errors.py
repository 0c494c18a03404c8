"""The two kinds of trouble: a refusal we explain to people, and a bug we do not."""


class Refusal(Exception):
    """An expected "no"; `str()` of it is exactly what the resident or clerk reads.

    Subclasses set `code` (stable, for logs and tests), `text` (a format string filled with the
    keyword facts) and `status` (the HTTP status of the page). Anything that is not a Refusal is a
    bug: it rolls back, is logged with its traceback, and shows a short apology.
    """

    code = "refused"
    text = "这一步没有办成，请稍后再试。"
    status = 400

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.text.format(**facts))


class NotFound(Refusal):
    # The same words for "does not exist" and "not yours": existence must not leak.
    code = "not_found"
    text = "没有找到这条记录。"
    status = 404


class NotAllowed(Refusal):
    code = "not_allowed"
    text = "您没有办理这件事的权限。"
    status = 403


class KeyReused(Refusal):
    code = "key_reused"
    text = "这次提交和上一次不一致，请刷新后重试。"
    status = 409


class Busy(Refusal):
    code = "busy"
    text = "现在人太多，请过一会儿再试。"
    status = 503
