"""What a Visit holds, without views: drafts of answers, corrections and bookings, and input that was not submitted."""
