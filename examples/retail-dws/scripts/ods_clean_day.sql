-- A load may run again: what it brought before goes first.
delete from ods.${table}
where load_day = '${day}';
