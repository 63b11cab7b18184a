"""The version of Lakeveil that runs."""

from importlib.metadata import PackageNotFoundError, version


def lakeveil_version() -> str:
    """Returns the installed version, or '0+source' where the packages run without being installed."""
    try:
        return version("lakeveil")
    except PackageNotFoundError:
        return "0+source"
