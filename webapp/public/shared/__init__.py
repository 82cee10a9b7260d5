"""What every page of the public door shares: blueprint, redirects, flash messages, rate limits, honeypot, audio."""
