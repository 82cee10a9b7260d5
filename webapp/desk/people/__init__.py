"""Coordinators themselves: signing in and out, and their own settings."""
