"""What can be wrong with an archive, or with what it is asked; each says so in a sentence."""


class ArchiveFault(Exception):
    """Something is wrong with the archive or with what it was asked."""


class BatchRefused(ArchiveFault):
    """A batch that cannot be kept: its columns, its values or its name."""


class FileFault(ArchiveFault):
    """A file of the archive that cannot be read, named by its place in the archive."""


class ManifestFault(ArchiveFault):
    """The list of the files that count is missing or cannot be read."""


class ArchiveBusy(ArchiveFault):
    """Another process closes, compacts or removes nights at this moment."""


class QueryRefused(ArchiveFault):
    """A question that is not allowed, or that cannot be understood."""


class LimitReached(ArchiveFault):
    """A question that took more time or memory than it may."""
