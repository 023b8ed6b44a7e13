"""The one exception whose text is meant for the user, not for a developer.

Raise it for bad input and for a missing part of the host (no JDK, an unreadable
file, an unknown name). The command line prints it as one line and exits with 2.
Anything else that escapes is a fault of ours and keeps its traceback.
"""

from __future__ import annotations


class UserError(Exception):
    """Bad input or a missing tool; the message says in one line what to do about it."""
