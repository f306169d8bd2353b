"""The commands of `safeguarding`, a file a kind of command; only the one asked for is loaded."""

from importlib import import_module

from cyclopts import App

COMMANDS: dict[str, tuple[str, str]] = {
    "intake": ("sending", "intake"),
    "formats": ("sending", "list_formats"),
    "example": ("sending", "example"),
    "senders": ("sending", "senders"),
    "ingest": ("ingesting", "ingest"),
    "quarantine": ("ingesting", "quarantine"),
    "feeds": ("feeding", "feeds"),
    "publish": ("publishing", "publish"),
    "webhook": ("publishing_webhooks", "webhook"),
    "kafka": ("kafka_rights", "kafka"),
    "inbox": ("asking", "inbox"),
    "timeline": ("asking", "timeline"),
    "children": ("asking", "children"),
    "deadlines": ("asking", "deadlines"),
    "matches": ("asking", "matches"),
    "teams": ("asking", "teams"),
    "team": ("asking", "team"),
    "flags": ("asking", "flags"),
    "people": ("asking", "people"),
    "events": ("asking", "events"),
    "disclosures": ("asking", "disclosures"),
    "command": ("giving", "command"),
    "project": ("projecting", "project"),
    "serve": ("serving", "serve"),
    "demo": ("serving", "demo"),
    "contracts": ("contracting", "contracts"),
    "completion": ("completing", "completion"),
}
"""Command -> the file it is in, and its name there."""


def application(words: list[str]) -> App:
    """The command line, with the command asked for; with all of them when help is."""
    asked = words[0] if words and words[0] in COMMANDS else None
    app = App(
        name="safeguarding",
        help="Concerns about children, from every agency: sent, decided, followed, overseen.",
        version="0.1.0",
    )
    for name, (file, function) in COMMANDS.items():
        if asked in (None, name):
            found = getattr(import_module(f"services.command_line.{file}"), function)
            app.command(found, name=name)
    return app
