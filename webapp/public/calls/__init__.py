"""The pages of one call, from its start page to the receipt."""
