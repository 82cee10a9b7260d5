#!/bin/sh
# A backup of `main`, `erasure`, and config/ (with tombstones.txt and words/), each in a folder of its own, so that they
# can be kept apart.
#
#   INSTANCE=/srv/hearth BACKUPS=/var/backups/hearth deploy/backup.sh
#
# Copies of `erasure` older than six days are removed here, before their seventh day is over: a copy of a secret that was
# deleted undoes the deleting, and our pages promise seven days. Copies of the others are kept for 60 days. Encrypt the
# disk that they are on, and copy `main` and `erasure` to two different places: who has both, and config/, has all.
set -eu
umask 077
INSTANCE=${INSTANCE:?say which instance: INSTANCE=/srv/hearth}
BACKUPS=${BACKUPS:?say where to: BACKUPS=/var/backups/hearth}
day=$(date -u +%Y-%m-%d)

# The value of one setting in the desk's file, whose addresses are the same as the others'.
setting() {
    sed -n "s/^$1=//p" "$INSTANCE/config/desk.env" | sed 's/^"\(.*\)"$/\1/' | tail -n 1
}

# To a name of its own first: a backup that broke off is not one.
copy_store() {
    store=$1 address=$2
    mkdir -p "$BACKUPS/$store"
    file=$BACKUPS/$store/$day
    case $address in
        postgresql://*)
            pg_dump --format=custom --no-owner --file "$file.part" "$address"
            mv "$file.part" "$file.dump"
            ;;
        *)
            from=${address#sqlite:///}
            rm -f "$file.part"
            # Rows in the order of their random ids: pages as they lie would tell in which order people came.
            sqlite3 "${from:-$INSTANCE/$store.sqlite3}" "VACUUM INTO '$file.part'"
            sync "$file.part"
            mv "$file.part" "$file.sqlite3"
            ;;
    esac
}

copy_store main "$(setting DATABASE_URL)"
copy_store erasure "$(setting ERASURE_DATABASE_URL)"
# What is in `volatile` lives for hours; only its tables are worth having, and migrate makes those.

mkdir -p "$BACKUPS/config"
# What was deleted, and words from translators, are there from the first time on.
with=config
for one in tombstones.txt words; do
    if [ -e "$INSTANCE/$one" ]; then with="$with $one"; fi
done
# shellcheck disable=SC2086  # names of ours, without spaces
tar --create --file "$BACKUPS/config/$day.tar.part" --directory "$INSTANCE" $with
mv "$BACKUPS/config/$day.tar.part" "$BACKUPS/config/$day.tar"

# Everything is there: only now are old ones removed. `-mtime +5` is what is six days old and more.
find "$BACKUPS/erasure" -type f -mtime +5 -delete
find "$BACKUPS/main" "$BACKUPS/config" -type f -mtime +59 -delete
touch "$INSTANCE/last-backup"
