"""Exports of contacts."""
