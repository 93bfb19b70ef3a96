#!/usr/bin/env python
"""Django's command line for the portal."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        from django.core.management import execute_from_command_line
        from django.db import OperationalError, connection
    except ImportError:
        sys.exit("Django is not installed here. Run `make run` once, then use .venv/bin/python manage.py …")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if connection.connection is not None:
            raise
        if os.environ.get("DATABASE_URL"):
            sys.exit(f"The database of DATABASE_URL does not answer: {str(error).splitlines()[0]}")
        sys.exit("The embedded PostgreSQL is not running. Start it with `make run` (or set DATABASE_URL).")


if __name__ == "__main__":
    main()
