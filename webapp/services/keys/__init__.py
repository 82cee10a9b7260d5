"""Coordinators, their key slots, purpose keys and the recovery key: making, holding and checking keys."""
