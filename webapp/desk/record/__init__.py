"""The audit log as pages, and deletions that wait for a coordinator."""
