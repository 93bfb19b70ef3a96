"""Secrets at rest: sealed with AES-GCM, bound to the place they belong to, under a key that the sealed text names.

The newest key is the first of SECRETS_KEYS, else SECRET_KEY; the others, and SECRET_KEY_FALLBACKS, still open what was sealed
with them until `manage.py keys rotate` has sealed it again. A sealed text moved to another record cannot be opened there.
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

_VERSION: Final = "v2"
_UNNAMED: Final = "v1"
"""Texts of before keys had names: every key is tried."""
_NONCE: Final = 12


class SecretUnreadable(Exception):
    """The sealed text was made under another key, for another place, or was changed."""


@lru_cache(maxsize=16)
def _cipher(key: str) -> AESGCM:
    return AESGCM(_derived(key, b"portal secrets at rest", 32))


@lru_cache(maxsize=16)
def key_id(key: str) -> str:
    """The name of a key, which tells nothing about it: 8 hex digits."""
    return _derived(key, b"portal key name", 4).hex()


def _derived(key: str, what: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=what).derive(key.encode())


def _keys() -> tuple[str, ...]:
    """The newest first."""
    return (*settings.SECRETS_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def newest_key_id() -> str:
    """The name of the key that seals now."""
    return key_id(_keys()[0])


def sealed_with(sealed: str) -> str:
    """The name of the key a text was sealed with, empty where the text does not say."""
    version, _, rest = sealed.partition(":")
    return rest.partition(":")[0] if version == _VERSION else ""


def seal(plain: str, *, place: str) -> str:
    """The secret as it may be stored. `place` names the record and field it belongs to."""
    key = _keys()[0]
    nonce = os.urandom(_NONCE)
    sealed = _cipher(key).encrypt(nonce, plain.encode(), place.encode())
    return f"{_VERSION}:{key_id(key)}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def unseal(sealed: str, *, place: str) -> str:
    """The secret in plain. Raises SecretUnreadable."""
    version, _, text = sealed.partition(":")
    named, keys = "", _keys()
    if version == _VERSION:
        named, _, text = text.partition(":")
        keys = tuple(key for key in keys if key_id(key) == named)
    try:
        data = base64.urlsafe_b64decode(text) if version in (_VERSION, _UNNAMED) else b""
    except ValueError:
        data = b""
    for key in keys if len(data) > _NONCE else ():
        try:
            return _cipher(key).decrypt(data[:_NONCE], data[_NONCE:], place.encode()).decode()
        except InvalidTag:
            continue
    raise SecretUnreadable(
        f"The secret of {place} cannot be opened: enter it again, or put back the key {named or 'it was sealed with'}."
    )
