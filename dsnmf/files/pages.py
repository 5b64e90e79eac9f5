"""Pages of mapped files that are in memory."""

import mmap


def release(array):
    """Let the system take a mapped array's pages out of memory; others stay."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
