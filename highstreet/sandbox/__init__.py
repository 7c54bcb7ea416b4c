"""Small outside-world servers, such as a payment provider, for trying and testing."""
