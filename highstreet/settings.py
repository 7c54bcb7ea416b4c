"""The environment as one frozen value, validated once."""
