"""Pure statistics over plain lists: no Django, no models."""
