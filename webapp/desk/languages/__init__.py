"""Reviewing translations, and offering a language."""
