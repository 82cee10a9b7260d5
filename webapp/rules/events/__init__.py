"""Events as data: definitions, dates, seats, registration questions, calendar files."""
