"""What a kind means: replicas, health, status, retention, dependencies. Imports model; lupa only in
lua/.
"""

from __future__ import annotations
