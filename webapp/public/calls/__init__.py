"""One call, from its start page to the receipt."""
