"""Why the fleet is as it is, and how it came to be so.

Explanations are queries over one Outcome; history is a fold over commits of our own branches.
Imports model.
"""

from __future__ import annotations
