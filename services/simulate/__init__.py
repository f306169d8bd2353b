"""A made-up authority, Exampleshire, whose agencies and workers write what a demo shows."""

from services.simulate.populate import Figures, populate
from services.simulate.visitors import Visitor, sign_in_as

__all__ = ["Figures", "Visitor", "populate", "sign_in_as"]
