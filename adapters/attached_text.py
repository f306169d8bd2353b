"""Does an attachment hold words, so that they can be read with the message?"""

import binascii
from base64 import b64decode

from adapters.reading import LARGEST_READ, Problems, decoded, shown, text_of_html

_PLAIN = frozenset({"text", "text/plain", "text/text", "text/ft", "text/tx", "tx", "ft"})
_MARKED = frozenset({"text/html", "text/xhtml", "application/xhtml+xml", "html"})


def attached_words(data: str, kind: str, *, encoded: bool) -> str | None:
    """The words of an attachment of this kind (a media type, or `text`); None if it is no text.

    `encoded`: in base64. What does not decode is no text: it stays with the message.
    """
    wanted = kind.partition(";")[0].strip().lower()
    if wanted not in _PLAIN | _MARKED:
        return None
    text = data.strip()
    if encoded:
        try:
            text = decoded(b64decode(text[: LARGEST_READ * 2], validate=False), Problems())
        except (binascii.Error, ValueError):
            return None
    words = text_of_html(text) if wanted in _MARKED else text
    return shown(words, Problems()) or None
