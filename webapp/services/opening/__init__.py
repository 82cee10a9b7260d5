"""Decryption for coordinators: disclosure with an audit entry first, and exports of contacts."""
