"""What only the portal itself remembers."""

from portal.models.idempotency import IdempotentAnswer
from portal.models.saved_views import SavedView

__all__ = ["IdempotentAnswer", "SavedView"]
