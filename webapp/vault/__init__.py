"""The vault: everything a person tells us is sealed here before it is stored.

Only standard parts, all from `cryptography`. One module for each key that is held, so that a
process which may seal need never load the code which can open:

- `contexts`, `labels`, `framing`: what a sealed value is bound to, written as bytes;
- `key_claims`: what the MAC of a stored public key vouches for;
- `envelope`: the stored bytes, final forever;
- `suite`, `sealing`: public keys only;
- `seeds`, `opening`, `purpose_keys`, `keyring`: private keys, of coordinators and purposes;
- `mailroom`, `mailer_keys`: the worker's private key, which opens mails and nothing else;
- `symmetric`, `stretching`, `receipts`, `tickets`, `visits`, `macs`, `service_key`: keys which
  somebody hands in or the config holds;
- `crockford`, `confusables`, `words`: codes and words which people can read, write and type.
"""
