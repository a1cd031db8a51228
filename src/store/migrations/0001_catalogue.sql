-- The catalogue.  Times are milliseconds since 1970,
-- kinds are enum kind and enum ref_kind of model/definition.h.

CREATE TABLE project (
    id      TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE workspace (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    uid            TEXT NOT NULL UNIQUE,
    project        TEXT NOT NULL REFERENCES project,
    name           TEXT NOT NULL,
    revision       INTEGER NOT NULL,
    jobs           INTEGER NOT NULL DEFAULT 0,
    real_time_jobs INTEGER NOT NULL DEFAULT 0,
    scripts        INTEGER NOT NULL DEFAULT 0,
    resources      INTEGER NOT NULL DEFAULT 0,
    created        INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;

-- The stored form of definitions, each content once; deflated when stored_size
-- is less than raw_size.
CREATE TABLE blob (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256        BLOB NOT NULL,
    export_format INTEGER NOT NULL,
    raw_size      INTEGER NOT NULL,
    crc32         INTEGER NOT NULL,
    stored_size   INTEGER NOT NULL,
    stored_sha256 BLOB NOT NULL,
    orphaned_at   INTEGER,
    stored        BLOB NOT NULL,
    UNIQUE (sha256, export_format)
) STRICT;
CREATE INDEX blob_orphan ON blob (orphaned_at) WHERE orphaned_at IS NOT NULL;

-- What a definition names; it follows from the content alone.
CREATE TABLE ref (
    blob  INTEGER NOT NULL REFERENCES blob ON DELETE CASCADE,
    kind  INTEGER NOT NULL,
    scope TEXT NOT NULL,
    name  TEXT NOT NULL,
    UNIQUE (blob, kind, scope, name)
) STRICT;

-- 5: the jobs that a job waits for, for those downstream of one.
CREATE INDEX ref_job ON ref (name) WHERE kind = 5;

CREATE TABLE object (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    uid          TEXT NOT NULL UNIQUE,
    workspace    INTEGER NOT NULL REFERENCES workspace,
    kind         INTEGER NOT NULL,
    scope        TEXT NOT NULL,
    name         TEXT NOT NULL,
    blob         INTEGER NOT NULL REFERENCES blob,
    location     TEXT NOT NULL,
    process_type TEXT NOT NULL,
    directory    TEXT NOT NULL,
    owner        TEXT NOT NULL,
    priority     INTEGER NOT NULL,
    single_node  INTEGER NOT NULL,
    end_time     INTEGER NOT NULL,
    create_time  INTEGER NOT NULL,
    create_user  TEXT NOT NULL,
    update_time  INTEGER NOT NULL,
    update_user  TEXT NOT NULL,
    UNIQUE (workspace, kind, scope, name)
) STRICT;
CREATE INDEX object_list
    ON object (workspace, kind, process_type, create_time DESC, name);
CREATE INDEX object_resource ON object (workspace, name) WHERE kind = 3;
CREATE INDEX object_location ON object (workspace, location) WHERE kind = 3;
CREATE INDEX object_blob ON object (blob);
