"""Speed and size, always beside another way of doing the same, in one run on one computer."""
