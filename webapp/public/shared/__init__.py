"""Shared by all pages of the public door: blueprint, redirects, flash messages, rate limits, honeypot, audio."""
