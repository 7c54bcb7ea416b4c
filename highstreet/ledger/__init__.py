"""Money owed and moved: double entry, append only."""
