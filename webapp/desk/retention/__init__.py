"""Deletions that stopped because the clock jumped, until a coordinator confirms the day."""
