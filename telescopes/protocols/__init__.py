"""How robots are spoken to: HTTP, SOAP, TAP, SFTP, and reading back what was sent."""
