"""Codes that people read, write down and type: Crockford's base 32, shown as ABCD-2345."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "－": None})


def new_code() -> str:
    """Eight characters (40 bits) that nobody can guess, without the dash."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def shown(code: str) -> str:
    """The code as it is printed: ABCD-2345."""
    return f"{code[:4]}-{code[4:]}"


def canonical(typed: str) -> str | None:
    """What somebody typed as eight characters, O read as 0 and I or L as 1; None if no code.

    Source: Douglas Crockford, "Base 32" (decoding rules).
    """
    code = typed.strip().upper().translate(_MISREAD)
    if len(code) != LENGTH or any(letter not in ALPHABET for letter in code):
        return None
    return code
