"""By what is an e-mail in a folder known again?"""

import pytest

from adapters.transports.mail_drop import message_id


@pytest.mark.parametrize(
    ("body", "identity"),
    [
        (b"Subject: a\r\nMessage-ID: <1@police.example>\r\n\r\nwords", "<1@police.example>"),
        (b"message-id:\n <1@police.example>\n\n", "<1@police.example>"),
        (b"Subject: a\n\nMessage-ID: <1@police.example>\n", None),
        (b"Message-ID: \n\n", None),
        (b"Message-ID: <\xff\xfe>\n\n", "<\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}>"),
        (b"", None),
        (b"\x00\xff" * 1000, None),
    ],
)
def test_it_is_its_message_id(body: bytes, identity: str | None) -> None:
    assert message_id(body) == identity
