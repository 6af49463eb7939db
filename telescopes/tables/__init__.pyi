from .exposure_tables import ExposureTable, RejectedRow, read_exposure_table
from .table_rows import TableUnreadable

__all__ = [
    "ExposureTable",
    "RejectedRow",
    "TableUnreadable",
    "read_exposure_table",
]
