"""Backup, restore, drill and packs: encrypted copies of stores and configuration. Only commands import it."""
