"""Whether a database still wants the demo network. The answer is a comment on the database itself, so that a seed that
was cut short is known as such, and is started over from nothing."""

from __future__ import annotations

import psycopg
from psycopg import sql

SEEDING = "portal: the demo network is being loaded"
SEEDED = "portal: the demo network is loaded"


class NotOwner(RuntimeError):
    """The given database cannot take the demo network; the message says what to do."""


def claim(conninfo: str) -> bool:
    """True when the demo network is to be loaded: the database is empty (or held only a seed that was cut short).

    The database is marked as being loaded, and what a cut-short seed left is dropped. Raises NotOwner.
    """
    with psycopg.connect(conninfo) as connection:
        cut_short = _comment(connection) == SEEDING
        if not cut_short and _has_tables(connection):
            return False
        try:
            if cut_short:
                connection.execute("DROP SCHEMA public CASCADE")
                connection.execute("CREATE SCHEMA public")
            _write(connection, SEEDING)
        except psycopg.errors.InsufficientPrivilege as error:
            raise NotOwner(
                "The user of DATABASE_URL must own the database to load the demo network. "
                "Make it the owner, or set PORTAL_DEMO=0 to run without the demo."
            ) from error
        return True


def loaded(conninfo: str) -> None:
    """The demo network is complete."""
    with psycopg.connect(conninfo) as connection:
        _write(connection, SEEDED)


def _comment(connection: psycopg.Connection) -> str:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return str(row[0]) if row and row[0] else ""


def _has_tables(connection: psycopg.Connection) -> bool:
    return connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone() is not None


def _write(connection: psycopg.Connection, comment: str) -> None:
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, sql.Literal(comment)))
