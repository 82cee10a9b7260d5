"""How long one made-up example takes says nothing about the rule: a busy machine must not fail a test."""

from hypothesis import settings

settings.register_profile("hearth", deadline=None, database=None)
settings.load_profile("hearth")
