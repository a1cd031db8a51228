-- Secrets that stood in definitions in clear, because earlier rules did not take them for
-- secrets: what a file of the data folder is to list.  Not their values.

CREATE TABLE exposed (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      INTEGER NOT NULL,
    project   TEXT NOT NULL,
    workspace TEXT NOT NULL,
    scope     TEXT NOT NULL,
    name      TEXT NOT NULL,
    version   INTEGER NOT NULL,
    path      TEXT NOT NULL
) STRICT;
