"""Who may see and do what? One gate, before which every page, resource and question stands."""

from projections.people import Cover
from services.access.actions import ACTIONS, GIVABLE, give
from services.access.gate import Denied, Gate
from services.access.principal import (
    COMMAND_LINE,
    OPERATOR,
    ROLES,
    Post,
    Principal,
    Role,
    principal_of,
)
from services.access.rules import DENIALS, RULES, Decision, Resource, decide

__all__ = [
    "ACTIONS",
    "COMMAND_LINE",
    "DENIALS",
    "GIVABLE",
    "OPERATOR",
    "ROLES",
    "RULES",
    "Cover",
    "Decision",
    "Denied",
    "Gate",
    "Post",
    "Principal",
    "Resource",
    "Role",
    "decide",
    "give",
    "principal_of",
]
