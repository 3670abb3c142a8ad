"""What every connector must keep, whatever its service does: the same tests over each of them."""
