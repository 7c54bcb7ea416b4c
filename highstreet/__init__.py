"""highstreet: the open platform on which a town runs its consumption as one market."""

__version__ = "0.1.0"
