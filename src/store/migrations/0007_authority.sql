-- meta has signed_in once a server with sign-in has used the catalogue: no project is
-- adopted from then on.
INSERT INTO meta (name, value)
SELECT 'signed_in', '1' WHERE EXISTS (SELECT 1 FROM project WHERE domain IS NOT NULL);

-- The workspace without a name is CDM's: the roles in the workspace default count for it.
-- Roles that were granted in it have never counted.
DELETE FROM member WHERE workspace IN (SELECT id FROM workspace WHERE name = '');
