#!/bin/bash
# Deletes the raw files that are older than so many days.
# usage: drop_old_days.sh DAYS
set -euo pipefail
oldest=$(date --date="$1 days ago" +%Y%m%d)

hdfs dfs -ls -C /sensors/raw | while read -r folder; do
    day=${folder##*day=}
    if [[ $day =~ ^[0-9]{8}$ && $day < $oldest ]]; then
        hdfs dfs -rm -r -skipTrash "$folder"
    fi
done
