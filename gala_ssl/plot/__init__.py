"""Figures, most of them on axes that are given."""
