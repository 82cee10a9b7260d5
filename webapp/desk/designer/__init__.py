"""Calls that coordinators write at the desk: drafts, their pages and questions, preview, check, publishing."""
