"""Numbered SQL files, forward only, one PostgreSQL schema per domain."""
