"""Infrastructure of the services: stores and transactions, rate limits, the audit log, the outbox, the clock guard."""
