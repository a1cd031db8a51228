-- CDM: its jobs and links stand in one workspace of each project, whose name is
-- empty; clusters beside the one named default, which every project has.

CREATE TABLE cluster (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    uid     TEXT NOT NULL UNIQUE,
    project TEXT NOT NULL REFERENCES project,
    name    TEXT NOT NULL,
    created INTEGER NOT NULL,
    UNIQUE (project, name)
) STRICT;
