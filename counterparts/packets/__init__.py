"""Alert packets of surveys and brokers: bytes in, frozen alerts out."""
