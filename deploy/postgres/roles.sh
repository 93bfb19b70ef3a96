#!/usr/bin/env bash
# Makes the role the portal works as. Run once per new database, as the owner of its tables (POSTGRES_USER); the official
# PostgreSQL image runs it by itself. The working role reads and writes rows and nothing more: it owns no table, so it can
# neither empty one nor disable the triggers that keep the audit trail and the ledger append-only.
set -euo pipefail
: "${POSTGRES_USER:?the role that owns the tables}" "${POSTGRES_DB:?the database}" "${PORTAL_APP_PASSWORD:?the working role's password}"
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" -v password="$PORTAL_APP_PASSWORD" -v database="$POSTGRES_DB" <<'SQL'
CREATE ROLE portal_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
GRANT CONNECT ON DATABASE :"database" TO portal_app;
GRANT USAGE ON SCHEMA public TO portal_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO portal_app;
SQL
