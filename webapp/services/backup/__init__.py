"""Backup, restore, drill, packs for leaving: encrypted copies of stores and configuration. Only commands import it."""
