"""Texts of GCN Circulars and the facts they are written from."""
