"""What every desk page shares: the blueprint, the menu, forms, paging, words."""
