"""The measurements: checkout, last units, browse."""
