"""Events, registrations, the waiting list, and what coordinators do with them."""
