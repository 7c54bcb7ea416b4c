"""Reasons to believe the other side."""
