-- What was submitted: numbered versions of jobs and scripts.  An object's version is
-- the number of its latest one, and submitted that one's definition.

CREATE TABLE version (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE,
    number INTEGER NOT NULL,
    blob   INTEGER NOT NULL REFERENCES blob,
    submit_user TEXT NOT NULL,
    submit_time INTEGER NOT NULL,
    UNIQUE (object, number)
) STRICT;
CREATE INDEX version_blob ON version (blob);

ALTER TABLE object ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE object ADD COLUMN submitted INTEGER REFERENCES blob;
CREATE INDEX object_submitted ON object (submitted) WHERE submitted IS NOT NULL;
