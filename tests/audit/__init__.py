"""Explanations, and history from the branches alone."""
