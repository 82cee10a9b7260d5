"""One event: booking a seat, and the booking's own page."""
