"""The JSON interface, described by OpenAPI."""
