from .archives import ARCHIVES, open_archive
from .decam.facts import DECAM
from .gattini.facts import GATTINI
from .growth_india.facts import GROWTH_INDIA
from .kped.facts import KPED
from .las_cumbres.facts import LAS_CUMBRES
from .liverpool.facts import LIVERPOOL
from .observing_plan import (
    ExecutedExposure,
    ObservingPlan,
    ObservingRequest,
    PlannedExposure,
    Reason,
    Unobserved,
)
from .observing_queue import ObservingQueue, QueuedPlan, QueueReceipt, QueueRequest
from .queues import QUEUES, open_queue
from .registry import TELESCOPES
from .slews import Axis, Overheads
from .telescope import FieldGrid, Footprint, PointingExclusion, Site, Telescope
from .winter.facts import WINTER
from .ztf.facts import ZTF

__all__ = [
    "ARCHIVES",
    "DECAM",
    "GATTINI",
    "GROWTH_INDIA",
    "KPED",
    "LAS_CUMBRES",
    "LIVERPOOL",
    "QUEUES",
    "TELESCOPES",
    "WINTER",
    "ZTF",
    "Axis",
    "ExecutedExposure",
    "FieldGrid",
    "Footprint",
    "ObservingPlan",
    "ObservingQueue",
    "ObservingRequest",
    "Overheads",
    "PlannedExposure",
    "PointingExclusion",
    "QueueReceipt",
    "QueueRequest",
    "QueuedPlan",
    "Reason",
    "Site",
    "Telescope",
    "Unobserved",
    "open_archive",
    "open_queue",
]
