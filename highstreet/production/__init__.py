"""Making to demand in small runs."""
