"""Reads of the sources floor, each a frozen dataclass."""
