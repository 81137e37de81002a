#!/bin/sh
# The same without the pre-commit tool. Copy to .git/hooks/pre-commit and make it executable.
# Exit codes: 0 fine, 3 a budget or limit refuses part of it, 4 invalid input.
exec reconciler plan --staged
