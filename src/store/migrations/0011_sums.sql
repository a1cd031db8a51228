-- Whether the rows that lead to a definition are as they were written (store/sqlite_sums.h):
-- checksum is of the row itself, content of what its blob says of its bytes, refs of what
-- that names.  NULL: not known.  What stands here follows from the rows as they are now.

ALTER TABLE object ADD COLUMN checksum INTEGER;
ALTER TABLE object ADD COLUMN content INTEGER;
ALTER TABLE object ADD COLUMN refs INTEGER;
ALTER TABLE version ADD COLUMN checksum INTEGER;
ALTER TABLE version ADD COLUMN content INTEGER;
ALTER TABLE version ADD COLUMN refs INTEGER;

UPDATE object AS o SET
    content = (SELECT row_sum(b.id, b.sha256, b.raw_size, b.crc32, b.stored_size,
                              b.stored_sha256) FROM blob b WHERE b.id = o.blob),
    refs = (SELECT set_sum(row_sum(r.kind, r.scope, r.name)) FROM ref r WHERE r.blob = o.blob);
UPDATE object AS o SET
    checksum = row_sum(o.id, o.uid, o.workspace, o.kind, o.scope, o.name, o.blob, o.location,
                       o.process_type, o.directory, o.owner, o.priority, o.single_node,
                       o.end_time, o.create_time, o.create_user, o.update_time, o.update_user,
                       o.secret_paths, o.version, o.submitted, o.content, o.refs);
UPDATE version AS v SET
    content = (SELECT row_sum(b.id, b.sha256, b.raw_size, b.crc32, b.stored_size,
                              b.stored_sha256) FROM blob b WHERE b.id = v.blob),
    refs = (SELECT set_sum(row_sum(r.kind, r.scope, r.name)) FROM ref r WHERE r.blob = v.blob);
UPDATE version AS v SET
    checksum = row_sum(v.id, v.object, v.number, v.blob, v.submit_user, v.submit_time,
                       v.content, v.refs);
