"""The other ways of doing the same: small, and as good as their kind allows."""
