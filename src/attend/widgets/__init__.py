"""Widgets that live both in Jupyter and on a page without a kernel."""
