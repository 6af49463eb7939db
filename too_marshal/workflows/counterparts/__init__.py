"""What came back: alerts in the regions of events, and what people make of them."""
