from .file_queue import FileQueue
from .http import HTTPTransport
from .sftp import SFTPDrop
from .soap import SOAPService
from .tap import TAPArchive

__all__ = [
    "FileQueue",
    "HTTPTransport",
    "SFTPDrop",
    "SOAPService",
    "TAPArchive",
]
