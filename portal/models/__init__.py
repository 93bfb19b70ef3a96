"""What only the portal itself remembers."""

from portal.models.saved_views import SavedView

__all__ = ["SavedView"]
