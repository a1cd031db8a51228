-- Who may call.  A domain owns projects and accounts; an account has a role in each
-- workspace that it is a member of, or is the administrator of all of its domain.

CREATE TABLE domain (
    id      TEXT NOT NULL PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL
) STRICT;

-- password is a hash of crypt(5).
CREATE TABLE account (
    id       TEXT NOT NULL PRIMARY KEY,
    domain   TEXT NOT NULL REFERENCES domain,
    name     TEXT NOT NULL,
    password TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    UNIQUE (domain, name)
) STRICT;

-- Secret keys are sealed as the secrets of objects are: a signature is checked with
-- the key itself.
CREATE TABLE access_key (
    id      TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    key_id  TEXT NOT NULL,
    sealed  BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX access_key_account ON access_key (account);

-- Of a token only its hash is kept.  project is empty for a domain's token.
CREATE TABLE token (
    hash    BLOB NOT NULL PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    project TEXT NOT NULL,
    methods TEXT NOT NULL,
    issued  INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX token_account ON token (account);
CREATE INDEX token_expires ON token (expires);

CREATE TABLE member (
    workspace INTEGER NOT NULL REFERENCES workspace ON DELETE CASCADE,
    account   TEXT NOT NULL REFERENCES account ON DELETE CASCADE,
    role      INTEGER NOT NULL,
    UNIQUE (workspace, account)
) STRICT;
CREATE INDEX member_account ON member (account);

-- No domain: written without sign-in, until the first account takes it over.
ALTER TABLE project ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE project ADD COLUMN domain TEXT REFERENCES domain;
CREATE UNIQUE INDEX project_name ON project (domain, name) WHERE domain IS NOT NULL;
