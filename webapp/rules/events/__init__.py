"""Events as data: definitions, time zones, seats, registration questions, iCalendar files."""
