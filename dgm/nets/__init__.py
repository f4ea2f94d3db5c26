"""Nets: nothing here knows of losses, data sets or training."""
