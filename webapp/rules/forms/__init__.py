"""Forms as data: definitions and translations, routing, validation, question kinds."""
