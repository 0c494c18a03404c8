"""Every error code has its remedy."""

from bot.channels.wechat.errors import REMEDIES, Remedy, remedy_for


def test_every_code_has_a_remedy():
    cases = {45015: Remedy.NEVER, 47003: Remedy.NEVER, 50002: Remedy.NEVER, 99999: Remedy.LATER}
    cases |= {48001: Remedy.DISABLE, 48006: Remedy.DISABLE, 48002: Remedy.NEVER}
    cases |= REMEDIES

    assert {code: remedy_for(code) for code in cases} == cases
