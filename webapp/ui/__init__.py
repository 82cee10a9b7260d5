"""How rules look and sound: fields that ask, messages in words, filters. Nothing here stores or decides."""
