"""How mail goes out: by SMTP, or over HTTP with an idempotency key."""
