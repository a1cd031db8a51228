-- Secrets of objects, sealed with a key that is not in the database
-- (base/seal.h); meta has the id of that key.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE secret (
    object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE,
    path   TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    UNIQUE (object, path)
) STRICT;

-- The paths of its secrets, one a line: what is masked when it is shown.
ALTER TABLE object ADD COLUMN secret_paths TEXT NOT NULL DEFAULT '';

-- 4 are connections; their location is their type, and one DLI is enough.
CREATE UNIQUE INDEX object_dli ON object (workspace) WHERE kind = 4 AND location = 'DLI';
