-- Lines of the audit log, each written in the transaction of what it tells about.  They
-- wait here until they are in the log's file, and are removed then; ids only grow while a
-- server runs.

CREATE TABLE audit (
    id   INTEGER PRIMARY KEY,
    line TEXT NOT NULL
) STRICT;
