"""The commands of `safeguarding`, a file a kind of command."""
