"""Submissions to a call: the list, one submission, what a coordinator sends out about a call."""
