"""What is peculiar to an MMIS that takes files: damage on the way, silence, the same file again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integrations.remote import Outcome
from tests.integrations.erp.offices import FlatFileOffice, told
from tests.integrations.erp.papers import Story


@pytest.fixture
def mmis(tmp_path: Path) -> FlatFileOffice:
    return FlatFileOffice(tmp_path)


def test_a_damaged_file_is_left_again_under_its_number(mmis: FlatFileOffice) -> None:
    mmis.behave(damage=1)
    story, adapter = Story(), mmis.adapter()
    message, document = story.ordering()
    payload = adapter.encode(message, document)
    assert adapter.send(message, payload).outcome == Outcome.PENDING
    mmis.works()
    damaged = adapter.send(message, payload)
    assert damaged.outcome == Outcome.TRANSIENT
    assert "control totals are wrong" in damaged.detail
    assert told(mmis, (message, document)).outcome == Outcome.DELIVERED
    folder = mmis.root / "MMIS"
    (first,), (second,) = (list((folder / place).glob("MM*.DAT")) for place in ("error", "archive"))
    assert (first.name, first.read_bytes()) == (second.name, second.read_bytes())
    assert mmis.orders(story.number) == 1


def test_silence_is_waited_for_and_then_the_file_is_left_again_and_taken_once(mmis: FlatFileOffice) -> None:
    story, adapter = Story(), mmis.adapter()
    message, document = story.ordering()
    payload = adapter.encode(message, document)
    mmis.lose_next_answer()
    adapter.send(message, payload)
    mmis.works()
    waiting = mmis.root / "MMIS" / "in"
    for tries in range(2, 10):
        assert adapter.send(replace(message, tries=tries), payload).outcome == Outcome.PENDING
        assert list(waiting.glob("MM*.DAT")) == []
    assert adapter.send(replace(message, tries=10), payload).outcome == Outcome.PENDING
    assert len(list(waiting.glob("MM*.DAT"))) == 1
    mmis.works()
    answer = adapter.send(replace(message, tries=11), payload)
    assert (answer.outcome, bool(answer.reference)) == (Outcome.FOUND, True)
    assert mmis.orders(story.number) == 1
