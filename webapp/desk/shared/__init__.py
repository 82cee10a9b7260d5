"""What the desk's pages share: blueprint, menu, form bases, second factor, flash messages, pagination, words."""
