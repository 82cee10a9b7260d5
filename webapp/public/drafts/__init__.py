"""State in a Visit, without views: drafts of answers, corrections and bookings, and input that was not submitted."""
