"""Backup, restore and drill: encrypted copies of the stores and of the configuration. Only commands import it."""
