"""My choices: the pages that a receipt code opens, and what a participant can do with it."""
