"""Storage parameters of tables on PostgreSQL."""

#: PostgreSQL's own vacuuming would wait for fifty dead rows and a fifth of the table. It does not clear all of them
#: (services.infrastructure.table_rewrites does), but it needs no right and no worker.
VACUUMED_AT_ONCE = {"autovacuum_vacuum_threshold": 0, "autovacuum_vacuum_scale_factor": 0}
