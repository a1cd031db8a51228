-- What goes on after its request was answered: imports.  kind is enum task_kind of
-- store/store.h; report is JSON of the catalogue's, once it has ended.

CREATE TABLE task (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    uid       TEXT NOT NULL UNIQUE,
    workspace INTEGER NOT NULL REFERENCES workspace ON DELETE CASCADE,
    kind      INTEGER NOT NULL,
    path      TEXT NOT NULL,
    status    TEXT NOT NULL,
    started   INTEGER NOT NULL,
    ended     INTEGER,
    report    TEXT NOT NULL
) STRICT;
CREATE INDEX task_workspace ON task (workspace);
CREATE INDEX task_ended ON task (ended);

-- Blobs of an import that its objects are yet to name: what is left here when none goes
-- on is nobody's.
CREATE TABLE staged (
    blob INTEGER PRIMARY KEY
) STRICT;
