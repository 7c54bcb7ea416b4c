"""The only place that names concrete formats, adapters and subscribers."""
