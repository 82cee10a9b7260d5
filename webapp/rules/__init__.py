"""Pure rules: what may be asked, how answers are read, who may be contacted, how long it is kept.

Nothing in here knows about web requests, databases, keys or languages on screen. Rules raise
message keys (see `messages`), and the ui puts them into words.
"""
