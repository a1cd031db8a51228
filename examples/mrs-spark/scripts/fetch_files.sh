#!/bin/bash
# Brings the files of one day from the plants to HDFS.
# usage: fetch_files.sh YYYYMMDD
set -euo pipefail
day=$1
target=/sensors/raw/day=$day

hdfs dfs -mkdir -p "$target"
for plant in ulm wuhan monterrey; do
    rsync --archive --timeout=60 "plant-$plant:/export/$day/" "/data/incoming/$plant/$day/"
    hdfs dfs -put -f "/data/incoming/$plant/$day"/*.avro "$target/"
done
hdfs dfs -count "$target"
