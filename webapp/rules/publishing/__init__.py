"""The checks before publishing: what keeps a call or an event from going online."""
