"""Measurements that stand behind a figure or a choice: one script each, JSON on stdout."""
