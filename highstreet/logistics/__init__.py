"""How things and people reach each other."""
