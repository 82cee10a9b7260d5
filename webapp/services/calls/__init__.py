"""Published calls and the forms that they ask."""
