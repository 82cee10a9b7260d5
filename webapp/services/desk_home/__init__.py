"""The desk's first page: what needs a coordinator, and the mail that says there is something new."""
