"""How one message reaches many open pages: one subscription per process, encoded once, a short queue per page."""
