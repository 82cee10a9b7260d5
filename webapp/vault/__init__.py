"""Authenticated encryption of everything that people tell us: HPKE and AES-256-GCM, with crypto-shredding.

Only standard parts, all from `cryptography`, which no other package imports. Least privilege: one module for each key
that is held, so that a process that may seal never loads the code that can open:

- `contexts`, `labels`, `framing`: AEAD associated data, domain separation, and their unambiguous encoding as bytes;
- `key_claims`: what the MAC of a stored public key covers;
- `envelope`: the stored layouts, which are final, and padding against length leakage;
- `suite`, `sealing`: HPKE with public keys only;
- `seeds`, `opening`, `purpose_keys`, `purpose_key_seals`, `keyring`: private keys, of coordinators and purposes, their
  seals and key slots;
- `recovery_sheets`: the recovery key's seed, for any two of three printed sheets;
- `mailroom`, `mailer_keys`: the worker's private key, which opens mails and rows that wait to be written;
- `symmetric`, `stretching`, `macs`: HKDF and AES-GCM, Argon2id, HMAC;
- `session_keyrings`: the purpose keys that one session of a coordinator reaches, under a random key of that session;
- `receipts`, `return_codes`, `tickets`, `visits`, `entry_drafts`: keys derived from a bearer code, a cookie or a seed;
- `service_key`, `event_messages`, `address_marks`: keys of the configuration;
- `crockford`, `confusables`, `phrases`, `word_list`: codes and words that people can read, write and type.
"""
