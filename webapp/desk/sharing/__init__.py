"""What coordinators send to people: the public address of a call or an event, its QR code, sentences to send."""
