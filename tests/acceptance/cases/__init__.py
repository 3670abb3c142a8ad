"""One file for each kind of source: how its service is played and what connects to it. Found by their names."""
