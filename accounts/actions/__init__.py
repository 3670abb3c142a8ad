"""Writes of the accounts floor."""
