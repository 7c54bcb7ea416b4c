"""The named demo town and the generator of bigger ones."""
