"""The database's answer to COMMIT never comes: whoever asks again with the same key gets one effect, whatever had arrived."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError

from procurement.models import Requisition
from tests.factories import make_network
from tests.portal.api.client import Api
from tests.portal.api.test_road import request_body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("arrived", [True, False], ids=["behind the COMMIT", "before it"])
def test_a_connection_lost_around_the_commit_leaves_one_effect(arrived: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    requester = Api(make_network().users["requester@NORTH"])
    commit = psycopg.Connection.commit

    def lost(connection: psycopg.Connection) -> None:
        monkeypatch.undo()
        if arrived:
            commit(connection)
        connection.close()
        raise psycopg.OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", lost)
    with pytest.raises(OperationalError):
        requester.post("process/requisitions", request_body(), key="abc")
    assert Requisition.objects.count() == int(arrived)
    again = requester.post("process/requisitions", request_body(), key="abc", expect=201)
    assert again.headers.get("Idempotent-Replayed") == ("true" if arrived else None)
    assert Requisition.objects.get().number == again.json()["number"]
