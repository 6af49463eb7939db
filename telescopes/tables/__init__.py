"""Tables of exposures as observers write them."""
