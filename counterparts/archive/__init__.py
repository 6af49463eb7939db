"""The archive of alerts: columns of each as Parquet files in the HATS layout, asked by DuckDB."""
