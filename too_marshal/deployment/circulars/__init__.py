"""The ways by which a deployment sends circulars to GCN."""
