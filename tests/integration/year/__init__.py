"""A year of a coalition, played with the real services, and checked against a plain table that asks Hearth nothing."""
