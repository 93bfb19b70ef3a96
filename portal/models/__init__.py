"""What the portal itself keeps."""

from portal.models.idempotency import IdempotentAnswer

__all__ = ["IdempotentAnswer"]
