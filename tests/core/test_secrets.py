"""Secrets at rest."""

from __future__ import annotations

from typing import Any

import pytest

from core.secrets import SecretUnreadable, seal, unseal


def test_a_secret_opens_only_where_it_belongs() -> None:
    sealed = seal("s3cret", place="endpoint a token")
    assert "s3cret" not in sealed
    assert seal("s3cret", place="endpoint a token") != sealed
    assert unseal(sealed, place="endpoint a token") == "s3cret"
    with pytest.raises(SecretUnreadable, match="endpoint b token"):
        unseal(sealed, place="endpoint b token")


@pytest.mark.parametrize(
    "damaged", ["", "v1:", "v1:AAAA", "v2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "v3:x:AAAA", "plain", "v1:ä"]
)
def test_what_was_not_sealed_does_not_open(damaged: str) -> None:
    with pytest.raises(SecretUnreadable):
        unseal(damaged, place="x")


def test_an_old_key_still_opens(settings: Any) -> None:
    sealed = seal("s3cret", place="x")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    assert unseal(sealed, place="x") == "s3cret"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(SecretUnreadable):
        unseal(sealed, place="x")
