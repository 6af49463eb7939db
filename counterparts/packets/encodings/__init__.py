"""How packets are written down: Avro with and without its schema, JSON, Parquet, archives."""
