from tests.sandbox.conftest import inbox, key, one_provider, provider

__all__ = ["inbox", "key", "one_provider", "provider"]
