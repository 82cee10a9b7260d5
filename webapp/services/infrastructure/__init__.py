"""The floor of the services: stores and their transactions, rate limits, the audit log, the outbox, the clock guard."""
