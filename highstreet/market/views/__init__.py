"""Read-only queries across domains, one function per page: the one place that reads other domains' tables."""
