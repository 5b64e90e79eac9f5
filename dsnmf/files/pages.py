"""Memory pages of mapped files."""

import mmap


def release(array):
    """Let the system release a mapped array's pages; other arrays are unchanged."""
    mapping = getattr(array, "_mmap", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)
