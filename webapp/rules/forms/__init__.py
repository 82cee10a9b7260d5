"""Forms as data: definitions, the checks before publishing, routing, question kinds."""
