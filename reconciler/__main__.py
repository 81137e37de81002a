"""The program: `reconciler …` and `python -m reconciler …`."""

from __future__ import annotations


def main() -> None:
    """Run the command line; imports happen here so that importing this module stays free."""
    from reconciler.cli.program import program  # noqa: PLC0415
    from reconciler.runtime.collecting import relax  # noqa: PLC0415

    relax()
    program(prog_name="reconciler")


if __name__ == "__main__":
    main()
