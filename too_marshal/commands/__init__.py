"""The commands, one module each; `too_marshal.cli` joins them."""
