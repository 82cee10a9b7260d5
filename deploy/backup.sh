#!/bin/sh
# A backup of `main`, `erasure`, and config/ (with tombstones.txt, record-heads.txt and words/), each in a folder of its own,
# so that they can be kept apart.
#
#   INSTANCE=/srv/hearth CONFIG_FOLDER=/etc/hearth BACKUPS=/var/backups/hearth deploy/backup.sh
#
# Copies of `erasure` older than six days are removed here, before their seventh day is over: a copy of a secret that was
# deleted undoes the deleting, and our pages promise seven days. They are overwritten first, which holds on disks and file
# systems that write in place. Copies of the others are kept for 60 days. Encrypt the disk that they are on, and copy
# `main` and `erasure` to two different places: who has both, and config/, has all.
set -eu
umask 077
INSTANCE=${INSTANCE:?say which instance: INSTANCE=/srv/hearth}
BACKUPS=${BACKUPS:?say where to: BACKUPS=/var/backups/hearth}
INSTANCE=$(realpath "$INSTANCE")
# Where the configuration is; it goes to config/ in the copy, wherever that is.
CONFIG_FOLDER=$(realpath --canonicalize-missing "${CONFIG_FOLDER:-$INSTANCE/config}")
# Without the addresses in it, a copy of SQLite files that are not the stores would be taken for a backup.
if [ ! -r "$CONFIG_FOLDER/desk.env" ]; then
    echo "No backup was made: $CONFIG_FOLDER/desk.env cannot be read. Say where the configuration is" \
        "(CONFIG_FOLDER=/etc/hearth), and give this as root." >&2
    exit 1
fi
day=$(date -u +%Y-%m-%d)

# The value of one setting in the desk's file, whose addresses are the same as the others'.
setting() {
    sed -n "s/^$1=//p" "$CONFIG_FOLDER/desk.env" | sed 's/^"\(.*\)"$/\1/' | tail -n 1
}

# A copy of secrets is overwritten before its name goes: a file that is only removed stays on the disk.
destroy() {
    for one; do
        if [ -e "$one" ]; then shred --iterations=1 --remove=unlink "$one"; fi
    done
}

# To a name of its own first: a backup that broke off is not one.
copy_store() {
    store=$1 address=$2
    mkdir -p "$BACKUPS/$store"
    file=$BACKUPS/$store/$day
    destroy "$file.part"
    case $address in
        postgresql://*)
            pg_dump --format=custom --no-owner --file "$file.part" "$address"
            destroy "$file.dump"
            mv "$file.part" "$file.dump"
            ;;
        *)
            from=${address#sqlite:///}
            from=${from:-$INSTANCE/$store.sqlite3}
            # `main` and its write-ahead log stay as they are.
            set -- 'SELECT 1'
            # After a crash sqlite3 rolls back what is in the journal of `erasure`, and would then remove that file, with
            # the secrets in it.
            if [ "$store" = erasure ]; then
                set -- 'PRAGMA locking_mode=EXCLUSIVE' 'PRAGMA journal_mode=PERSIST' 'PRAGMA locking_mode=NORMAL'
            fi
            # Rows in the order of their random ids: pages as they lie would tell in which order people came.
            sqlite3 "$from" "$@" "VACUUM INTO '$file.part'" >/dev/null
            sync "$file.part"
            destroy "$file.sqlite3"
            mv "$file.part" "$file.sqlite3"
            ;;
    esac
}

copy_store main "$(setting DATABASE_URL)"
copy_store erasure "$(setting ERASURE_DATABASE_URL)"
# What is in `volatile` lives for hours; only its tables are worth having, and migrate makes those.

mkdir -p "$BACKUPS/config"
# What was deleted, the noted heads of the record, and words from translators, are there from the first time on.
set -- --directory "$CONFIG_FOLDER" .
for one in tombstones.txt record-heads.txt words; do
    if [ -e "$INSTANCE/$one" ]; then set -- "$@" --directory "$INSTANCE" "$one"; fi
done
tar --create --file "$BACKUPS/config/$day.tar.part" --transform 's,^\.,config,' "$@"
mv "$BACKUPS/config/$day.tar.part" "$BACKUPS/config/$day.tar"

# Everything is there: only now are old ones removed. `-mtime +5` is what is six days old and more.
find "$BACKUPS/erasure" -type f -mtime +5 | while IFS= read -r old; do destroy "$old"; done
find "$BACKUPS/main" "$BACKUPS/config" -type f -mtime +59 -delete
touch "$INSTANCE/last-backup"
