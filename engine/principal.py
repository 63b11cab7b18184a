"""Who runs this, for records that others rely on."""

from __future__ import annotations

import os
import pwd


def principal() -> str:
    """Returns the user's name as the operating system knows it, whatever LOGNAME says; 'uid N' of one without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
