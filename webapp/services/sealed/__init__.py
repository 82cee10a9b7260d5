"""Sealing and crypto-shredding: parts under erasure secrets, tombstones."""
