-- Paths of secrets had the keys and names as they came, with dots between them, so that
-- two members could have one path, and a line feed in a key broke the list of paths.  Now a
-- dot, a \ and a line feed in a part have a \ before them (model/secrets.h).  A secret is
-- bound to the path that it was sealed under: that stays beside the new one until it is
-- sealed anew.
ALTER TABLE secret ADD COLUMN bound TEXT;
UPDATE secret SET bound = path;

-- What has no escapes first, then which of the dots are part of a name.
UPDATE secret SET path = replace(replace(path, '\', '\\'), char(10), '\n');
-- A connection's config has no objects: all behind config. is one key.
UPDATE OR IGNORE secret SET path = 'config.' || replace(substr(path, 8), '.', '\.')
WHERE path GLOB 'config.*' AND object IN (SELECT id FROM object WHERE kind = 4);
-- nodes.NODE.properties.PROPERTY.value
UPDATE OR IGNORE secret SET path = 'nodes.' ||
    replace(substr(path, 7, instr(path, '.properties.') - 7), '.', '\.') || '.properties.' ||
    replace(substr(path, instr(path, '.properties.') + 12,
                   length(path) - instr(path, '.properties.') - 17), '.', '\.') || '.value'
WHERE path GLOB 'nodes.*.properties.*.value' AND object IN (SELECT id FROM object WHERE kind = 1);
-- SECTION.configs.NAME.inputs.INPUT, or a member of the object that is an input's value.
UPDATE OR IGNORE secret SET path = substr(path, 1, instr(path, '.inputs.') + 7) ||
    replace(substr(path, instr(path, '.inputs.') + 8), '.', '\.')
WHERE path GLOB '*.configs.*.inputs.*' AND path NOT GLOB '*.configs.*.inputs.*.value.*'
AND object IN (SELECT id FROM object WHERE kind IN (5, 6));
UPDATE OR IGNORE secret SET path = substr(path, 1, instr(path, '.inputs.') + 7) ||
    replace(substr(path, instr(path, '.inputs.') + 8,
                   instr(path, '.value.') - instr(path, '.inputs.') - 8), '.', '\.') || '.value.' ||
    replace(substr(path, instr(path, '.value.') + 7), '.', '\.')
WHERE path GLOB '*.configs.*.inputs.*.value.*' AND instr(path, '.value.') > instr(path, '.inputs.')
AND object IN (SELECT id FROM object WHERE kind IN (5, 6));
-- Extended configs: an object without objects, as a rule.
UPDATE OR IGNORE secret SET path = substr(path, 1, instr(path, '.extended-configs.value.') + 23) ||
    replace(substr(path, instr(path, '.extended-configs.value.') + 24), '.', '\.')
WHERE path GLOB '*.extended-configs.value.*' AND object IN (SELECT id FROM object WHERE kind IN (5, 6));

UPDATE secret SET bound = NULL WHERE bound = path;
UPDATE object SET secret_paths = (SELECT group_concat(path, char(10)) FROM
    (SELECT path FROM secret WHERE object = object.id ORDER BY path))
WHERE id IN (SELECT object FROM secret);
