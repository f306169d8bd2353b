"""Is every agency's feed alive?"""

from services import feeds as feeds_
from services.access import COMMAND_LINE
from services.command_line.asking import AsAt, asked
from services.command_line.options import AS_USUAL, HERE, Shown, Where, instant
from services.command_line.output import show, tell


def feeds(*, as_at: AsAt = None, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Each agency's feed: its last message, what is set aside. Exit 1 if one has fallen silent."""
    at = instant(as_at)
    with asked(where) as parts:
        rows = list(feeds_.of_each(parts, COMMAND_LINE, at))
    show(rows, shown.format, empty="No agency is registered yet.")
    silent = sorted({row["agency"] for row in rows if row["state"] == "silent"})
    if silent:
        tell(
            f"Silent against their own pattern: {', '.join(silent)}. Ask whether their system "
            "still sends; concerns may wait there."
        )
    return 1 if silent else 0
