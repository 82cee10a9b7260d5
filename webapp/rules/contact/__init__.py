"""Contact, asked as safety: its questions, the safe ways that answers allow, finding a caller by what they say."""
