"""My choices: what the receipt code opens, and what a participant can do with it."""
