"""What is peculiar to an MMIS that takes files: damage on the way, silence, the same file again."""

from __future__ import annotations

import json
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


def test_the_mmis_knows_the_orders_it_is_opened_with(mmis: FlatFileOffice) -> None:
    story = Story()
    message, order = story.ordering()
    opening = mmis.root / "opening.json"
    opening.parent.mkdir(exist_ok=True)
    content = mmis.adapter().encode(message, order).decode("latin-1")
    opening.write_text(json.dumps([{"number": "440007", "file": content}]))
    for _ in range(2):
        mmis.run("--once", "--opening", str(opening))
    story.erp_number = "440007"
    assert told(mmis, story.receiving("1", (1, "4", "L1"))).outcome == Outcome.DELIVERED
    assert (mmis.orders(story.number), mmis.received(story.number, 1)) == (1, {"L1": 4})
