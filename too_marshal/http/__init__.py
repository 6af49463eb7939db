"""What pages and API share: access, errors, assets, the service of a request."""
