"""Reviewing changes of real repositories: plans in every format, explanations, history."""
