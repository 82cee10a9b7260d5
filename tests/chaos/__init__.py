"""A chaos run: the real service under failures that a seed chooses, against a stream of people."""
