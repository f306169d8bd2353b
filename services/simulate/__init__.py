"""A made-up authority, Exampleshire, whose agencies and workers write what a demo shows."""

from services.simulate.populate import Figures, populate

__all__ = ["Figures", "populate"]
