"""Which projections are there, and what statements do they make of events?"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping

import projections as package
from adapters.read_models import OWN_TABLES, Bound, bound
from domain.kernel import Event, Recorded
from projections.base import Projection


def found() -> dict[str, Projection]:
    """Every projection, by name: a module in `projections/` holds the one that it is named after.

    Raises `ValueError` if two of them claim the same table.
    """
    modules = (module.name for module in pkgutil.iter_modules(package.__path__))
    return checked(
        getattr(importlib.import_module(f"{package.__name__}.{name}"), name)
        for name in sorted(modules)
        if name != "base"
    )


def checked(projections: Iterable[Projection]) -> dict[str, Projection]:
    """The projections by name. Raises `ValueError` for a name or table that is taken."""
    by_name: dict[str, Projection] = {}
    taken = dict.fromkeys(OWN_TABLES, "the runner")
    for projection in projections:
        if projection.name in by_name:
            raise ValueError(f"Two projections are called {projection.name}.")
        by_name[projection.name] = projection
        for table in projection.tables:
            if table in taken:
                raise ValueError(f"{projection.name} and {taken[table]} both have {table}.")
            taken[table] = projection.name
    return by_name


def asked_for(
    projections: Mapping[str, Projection], events: Iterable[Recorded]
) -> dict[str, list[Recorded]]:
    """The events that each projection asked for, by its name."""
    wanted: dict[str, list[Recorded]] = {name: [] for name in projections}
    takers: dict[type[Event], list[Callable[[Recorded], None]]] = {}
    for name, projection in projections.items():
        for kind in projection.events:
            takers.setdefault(kind, []).append(wanted[name].append)
    for recorded in events:
        for take in takers.get(type(recorded.event), ()):
            take(recorded)
    return wanted


def statements(projection: Projection, events: Iterable[Recorded]) -> list[Bound]:
    """What a projection writes for events that it asked for. Raises whatever it raises."""
    project = projection.project
    return [bound(write.sql, write.values) for event in events for write in project(event)]
