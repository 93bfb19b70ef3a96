"""Secrets at rest: sealed with a key derived from SECRET_KEY, bound to the place they belong to.

A sealed text moved to another record cannot be opened there. After SECRET_KEY changed, the old key in
SECRET_KEY_FALLBACKS still opens; sealing again takes the new one.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION: Final = "v1"
_NONCE: Final = 12


class SecretUnreadable(Exception):
    """The sealed text was made under another key, for another place, or was changed."""


@lru_cache(maxsize=8)
def _cipher(secret_key: str) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"portal secrets at rest").derive(secret_key.encode())
    return AESGCM(derived)


def seal(plain: str, *, place: str) -> str:
    """The secret as it may be stored. `place` names the record and field it belongs to."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(settings.SECRET_KEY).encrypt(nonce, plain.encode(), place.encode())
    return f"{_VERSION}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, place: str) -> str:
    """The secret in plain. Raises SecretUnreadable."""
    version, _, text = sealed.partition(":")
    try:
        data = base64.urlsafe_b64decode(text) if version == _VERSION else b""
    except ValueError:
        data = b""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS) if len(data) > _NONCE else ():
        try:
            return _cipher(key).decrypt(data[:_NONCE], data[_NONCE:], place.encode()).decode()
        except InvalidTag:
            continue
    raise SecretUnreadable(
        f"The secret of {place} cannot be opened: enter it again, or put back the SECRET_KEY it was made with."
    )
