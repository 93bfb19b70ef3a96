"""Small lists that come with their parent in its own statement, where fetching them apart would cost one each."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import QuerySet
from django.db.models.functions import JSONObject


def packed(rows: QuerySet[Any, Any], **fields: Any) -> ArraySubquery:
    """Rows as a list of dicts (None where the rows cannot match at all). Moments come as text; cast decimals to text."""
    return ArraySubquery(rows.values(packed=JSONObject(**fields)))
