"""In which ways may a message be damaged, by the syntax that it is written in?

Each mutator takes the dice, the bytes and those of another message, and returns other bytes. They
look for a place from a thrown position on, and do not read the whole message: ten million are made.
"""

import json
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Literal

Syntax = Literal["json", "xml", "hl7", "mail", "csv", "text"]
Mutator = Callable[[Random, bytes, bytes], bytes]

_LONG = 600
DATES = (
    "0001-01-01", "9999-12-31", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "00010101000000+1400", "99991231235959-1400", "2024-02-30", "29/02/2023", "01/01/0001",
    "31/12/9999", "2016-13", "2016-00", "2016-05-04T24:00:00Z", "2016-05-04T23:59:60Z",
    "2026-03-29T01:30:00", "2016-05-04T10:00:00+99:99", "2016-05-04T10:00:00.123456789Z", "0000",
    "Mon, 31 Feb 2026 25:61:61 +9999", "1 Jan 0000 00:00:00 -0000", "4/5/16", "00/00/2016",
    "32 May", "\u0660\u0664/\u0660\u0665/\u0662\u0660\u0661\u0666", "²⁰¹⁶-05-04", "aged 999",
    "aged \u0663", "12 weeks", "999 years old", "-1", "10000-01-01",
)  # fmt: skip
ODD = (
    *DATES, "", " ", "\0", "\x1c", "\x1e\x1f", "\x85", "\u2028", "\r", "\n", "\r\n\r\n", "\t",
    "null", "true", "0", "1e999", "9" * 400, "9" * 5000, "-0.0", "\u0663", "²", "½", "Ⅷ", "①",
    "NaN", "Infinity", "\ud800", "\udc00\ud800", "\ufeff", "\u202e", "e\u0301" * 20,
    "\u0301" * 300, "ﬁ", "İ", "ẞß", "\U0001d518", "👩\u200d👧", "\U0010ffff", "\ue000",
    "999 000 0000", "9990000409", "\u0669\u0669\u0669\u0660\u0660\u0660\u0660\u0664\u0660\u0669",
    "0000000000", "%s%n", "{}", "<script>", "]]>", "&b;", "&#0;", "=1+1", "'\"", "\\", "|", "^",
    "~", "&", ":", ",", "x" * _LONG, "x " * (_LONG // 2), "a, " * 200, "(" * 200, "1 " * 200,
    "unborn", "Unknown", "urn:", "#", "Child 1:", "Child 99: A", "Address:", "XE1 1AA", "no", "-",
    "?", "Dx42", "861931000000100", "=?utf-8?b?/w==?=", "=?x?q?=ZZ?=", "A B C D E F G H " * 60,
    "\u017f", "ŉ", "ΐ" * 40, "a\u0000b",
)  # fmt: skip
CHARSETS = (
    "utf-8", "UTF-16", "utf-32", "iso-8859-1", "ISO IR 100", "8859/1", "UNICODE UTF-8", "utf-7",
    "cp037", "hex", "rot13", "zlib", "idna", "punycode", "unicode_escape", "raw_unicode_escape",
    "undefined", "mbcs", "big5", "shift_jis", "gb18030", "iso2022_jp", "hz", "utf-8-sig", "x" * 90,
    "uu", "bz2", "charmap", "oem", "\0", "latin1\0", "palmos", "utf_16_be", "koi8-r", "",
)  # fmt: skip
_TOKEN = re.compile(rb"[^\s<>\"',:;=|^~&{}\[\]()\\/]+")


def odd(dice: Random) -> bytes:
    return dice.choice(ODD).encode("utf-8", "surrogatepass")


def _at(dice: Random, body: bytes) -> int:
    return dice.randrange(len(body) + 1)


def _found(dice: Random, pattern: re.Pattern[bytes], body: bytes) -> re.Match[bytes] | None:
    """One of the places that fit, the next from a thrown position on."""
    return pattern.search(body, _at(dice, body)) or pattern.search(body)


def _replaced(body: bytes, found: re.Match[bytes], by: bytes, group: int = 0) -> bytes:
    return body[: found.start(group)] + by + body[found.end(group) :]


# ── Any bytes ──


def bit_flipped(dice: Random, body: bytes, other: bytes) -> bytes:
    if not body:
        return b"\x80"
    at = dice.randrange(len(body))
    return body[:at] + bytes([body[at] ^ 1 << dice.randrange(8)]) + body[at + 1 :]


def bytes_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    return body[:at] + dice.randbytes(dice.choice((1, 1, 2, 8))) + body[at:]


def bytes_cut_out(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    return body[:at] + body[at + dice.choice((1, 1, 2, 7, 40, 300)) :]


def cut_off(dice: Random, body: bytes, other: bytes) -> bytes:
    return body[: _at(dice, body)]


def begun_late(dice: Random, body: bytes, other: bytes) -> bytes:
    return body[min(_at(dice, body), 400) :]


def spliced(dice: Random, body: bytes, other: bytes) -> bytes:
    """The beginning of one, the end of the other."""
    return body[: _at(dice, body)] + other[_at(dice, other) :]


def one_in_the_other(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    return body[:at] + other[:1000] + body[at:]


def repeated(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    piece = body[at : at + dice.choice((1, 5, 30, 200))]
    return body[:at] + piece * dice.choice((2, 3, 20)) + body[at:]


def marked_or_recoded(dice: Random, body: bytes, other: bytes) -> bytes:
    """With a byte order mark, or in other characters."""
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff")
    name = dice.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "cp037", ""))
    if not name:
        return dice.choice(marks) + body
    return body.decode("utf-8", "replace").encode(name, "replace")


def token_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    """A word or number becomes something odd."""
    found = _found(dice, _TOKEN, body)
    return _replaced(body, found, odd(dice)) if found else odd(dice)


def token_moved(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _TOKEN, body), _found(dice, _TOKEN, other)
    return _replaced(body, one, two[0]) if one and two else body


def odd_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    return body[:at] + odd(dice) + body[at:]


def line_ends_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    ends = (b"\r", b"\n", b"\r\n", b"\r\r\n", b"\n\n", b"\x0b", b"\x85", b"")
    return re.sub(rb"\r\n|\r|\n", dice.choice(ends), body)


def lines_moved(dice: Random, body: bytes, other: bytes) -> bytes:
    """A line is doubled, dropped, or stands elsewhere."""
    lines = body.splitlines(keepends=True)
    if len(lines) < 2:
        return body
    line = lines.pop(dice.randrange(len(lines)))
    for _ in range(dice.choice((0, 1, 2, 2, 12))):
        lines.insert(dice.randrange(len(lines) + 1), line)
    return b"".join(lines)


GENERIC: tuple[Mutator, ...] = (
    bit_flipped, bytes_put_in, bytes_cut_out, cut_off, begun_late, spliced, one_in_the_other,
    repeated, marked_or_recoded, token_swapped, token_swapped, token_swapped, token_moved,
    odd_put_in, line_ends_changed, lines_moved,
)  # fmt: skip

# ── JSON ──

_JSON_VALUE = re.compile(rb":\s*(\"(?:[^\"\\]|\\.){0,2000}\"|[-\w.]+|\[\s*\]|\{\s*\})")
_JSON_NAME = re.compile(rb"\"([^\"\\]{0,80})\"\s*:")
_OBJECT = re.compile(rb"\{")
_RAW = (
    b"1e999", b"-1e999", b"9" * 5000, b"-0", b"NaN", b"-Infinity", b"1E-400", b"01", b"+1", b"'x'",
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"\\x"', b"undefined", b"[" * 2000, b"[]",
    b"{}", b"[" * 300 + b"]" * 300, b'{"a":' * 300 + b"1" + b"}" * 300, b'{"a":1,"a":2}',
    b"[[[]]]", b"null", b"true", b"false", b"0", b"1.5", b'[null, "", 0, {}, []]', b'{"": ""}',
    b'{"value": null}', b"", b'{"reference": "#"}', b'[{"resourceType": "Patient"}]',
    b'"' + b"x" * _LONG + b'"', b'" "', b'[["a"], ["b"]]', b'{"coding": "x"}', b'{"coding": [[]]}',
    b"[1]", b"-1", b"1e30", b"123456789012",
)  # fmt: skip


def json_value_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    """A value of another type, or one that is none."""
    found = _found(dice, _JSON_VALUE, body)
    if not found:
        return body
    by = dice.choice(_RAW)
    if dice.random() < 0.4:
        by = json.dumps(dice.choice(ODD), ensure_ascii=dice.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
    return _replaced(body, found, by, 1)


def json_value_moved(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _JSON_VALUE, body), _found(dice, _JSON_VALUE, other)
    return _replaced(body, one, two[1], 1) if one and two else body


def json_value_wrapped(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _JSON_VALUE, body)
    if not found:
        return body
    before, after = dice.choice(
        ((b"[", b"]"), (b"[[", b"]]"), (b'{"value":', b"}"), (b"[null,", b"]"), (b'{"a":', b"}"))
    )
    return _replaced(body, found, before + found[1] + after, 1)


def json_name_doubled(dice: Random, body: bytes, other: bytes) -> bytes:
    """A field stands twice, under its own name, with another value."""
    place, name = _found(dice, _OBJECT, body), _found(dice, _JSON_NAME, body)
    if not (place and name):
        return body
    return _replaced(body, place, b"{" + name[0] + dice.choice(_RAW) + b",")


def json_name_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _JSON_NAME, body), _found(dice, _JSON_NAME, other)
    if not (one and two):
        return body
    by = two[1] if dice.random() < 0.7 else odd(dice).replace(b'"', b"").replace(b"\\", b"")
    return _replaced(body, one, by, 1)


def json_branch(dice: Random, body: bytes, other: bytes) -> bytes:
    """A branch is dropped, doubled, put elsewhere, or nests itself."""
    value = _json(body)
    places = list(_places(value))
    if not places:
        return body
    holder, key = dice.choice(places)
    branch = holder[key]
    match dice.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.extend([branch] * dice.choice((1, 2, 30)))
        case 2:
            elsewhere, name = dice.choice(places)
            try:
                elsewhere[name] = json.loads(json.dumps(branch))
            except IndexError:
                return body
        case 3:
            for _ in range(dice.choice((1, 20, 200))):
                branch = [branch] if dice.random() < 0.3 else {str(key): branch}
            holder[key] = branch
        case _:
            holder[key] = [branch, branch]
    return json.dumps(value, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            for key in keys:
                yield holder, key
                waiting.append(holder[key])


# ── XML ──

_ELEMENT = re.compile(rb"<[A-Za-z][^<>]{0,300}>")
_TAG_NAME = re.compile(rb"<(/?[A-Za-z][\w:.-]{0,60})")
_ATTRIBUTE = re.compile(rb"\s([\w:.-]{1,60})=(\"[^\"<>]{0,500}\")")
_XML_TEXT = re.compile(rb">([^<>]{0,2000})<")
_SPACE_NAME = re.compile(rb"\sxmlns(?::\w+)?=(\"[^\"]{0,200}\")")
_WHOLE = re.compile(rb"<([A-Za-z][\w:.-]{0,60})(?:\s[^<>]{0,400})?>.{0,2000}?</\1>", re.DOTALL)
_BOMB = (
    b'<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    b'<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]>'
)
_XML_PIECES = (
    _BOMB, b'<!DOCTYPE a SYSTEM "file:///etc/hostname">', b"<!DOCTYPE", b"<!ENTITY", b"<![CDATA[",
    b"<![CDATA[x]]>", b"]]>", b"<!-- a -- b -->", b"<!--", b"<?x y?>", b"<?xml version='1.1'?>",
    b"&b;", b"&e;", b"&#0;", b"&#xD800;", b"&#x110000;", b"&#999999999999;", b"&nbsp;", b"&", b"<",
    b">", b"/>", b"<a:b/>", b'<x xmlns="">', b"<x>" * 300, b"<x>" * 300 + b"</x>" * 300, b"<br/>",
    b"<a b=1 b=2>",
    b'<xi:include href="file:///etc/hostname" xmlns:xi="http://www.w3.org/2001/XInclude"/>', b"<>",
    b"</>", b"&amp;lt;", b"<table><tr><td>a:</td><td>b</td></tr></table>", b'<div xmlns="x">',
    b"<tr>" * 90,
)  # fmt: skip


def xml_piece_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _XML_TEXT, body)
    return _replaced(body, found, dice.choice(_XML_PIECES), 1) if found else body


def xml_text_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _XML_TEXT, body)
    return _replaced(body, found, odd(dice), 1) if found else body


def xml_attribute_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    """Another value, the value of another attribute, none, or the attribute twice."""
    one, two = _found(dice, _ATTRIBUTE, body), _found(dice, _ATTRIBUTE, other)
    if not (one and two):
        return body
    by = dice.choice((b'"' + odd(dice) + b'"', b'"' + odd(dice) + b'"', two[2], b"''", b"x", b""))
    if dice.random() < 0.15:
        return _replaced(body, one, one[0] + one[0])
    return _replaced(body, one, by, 2)


def xml_tag_renamed(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _TAG_NAME, body), _found(dice, _TAG_NAME, other)
    return _replaced(body, one, two[1], 1) if one and two else body


def xml_tag_dropped(dice: Random, body: bytes, other: bytes) -> bytes:
    """An element is not closed, or not begun."""
    found = _found(dice, _ELEMENT, body)
    return _replaced(body, found, b"") if found else body


def xml_element_moved(dice: Random, body: bytes, other: bytes) -> bytes:
    """A whole element is dropped, doubled, nested in itself, or stands in another's place."""
    one, two = _found(dice, _WHOLE, body), _found(dice, _WHOLE, other)
    if not (one and two):
        return body
    start, end = b"<" + one[1] + b">", b"</" + one[1] + b">"
    times = dice.choice((1, 20, 200))
    by = (b"", one[0] * dice.choice((2, 3, 40)), two[0], start * times + one[0] + end * times)
    return _replaced(body, one, dice.choice(by))


def xml_namespace_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _SPACE_NAME, body), _found(dice, _SPACE_NAME, other)
    if not one:
        return body
    return _replaced(body, one, two[1] if two and dice.random() < 0.6 else b'"urn:x"', 1)


def xml_declared_otherwise(dice: Random, body: bytes, other: bytes) -> bytes:
    name = dice.choice(CHARSETS).encode()
    bare = re.sub(rb"\A<\?xml[^<>]*\?>", b"", body)
    piece = _BOMB if dice.random() < 0.2 else b""
    return b'<?xml version="1.0" encoding="' + name + b'"?>' + piece + bare


# ── HL7 version 2 ──

_HL7_SIGNS = re.compile(rb"[|^~&\\]")
_HL7_FIELD = re.compile(rb"\|([^|\r\n]{0,2000})")
_HL7_PIECES = (
    b"\\.br\\", b"\\X00\\", b"\\XD800\\", b"\\XZZ\\", b"\\X", b"\\F\\", b"\\E", b"\\H\\",
    b"\\C2842\\", b"\\.in+99999999999\\", b"\\.sp99999\\", b'""', b"~" * 40, b"^" * 40, b"&" * 40,
    b"|" * 90, b"\\" * 9, b"^^^NHS", b"9990000409^^^NHS^NH", b"ED^^^Base64^/w==",
    b"^TEXT^^Base64^eA", b"20160504", b"\x0b", b"\x1c\r", b"\rMSH|^~\\&|", b"\rPID|1", b"\rFHS|",
    b"\rOBX|1|ED|||^^^Base64^" + b"A" * 99, b"\rZXX|1", b"\rNTE|1||x", b"\r ", b"\rMRG|1",
    b"\rBHS|", b"\rBTS|1", b"REF^I14", b"ADT^A40", b"MDM^T02",
)  # fmt: skip


def hl7_sign_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _HL7_SIGNS, body)
    return (
        _replaced(body, found, dice.choice((b"|", b"^", b"~", b"&", b"\\", b""))) if found else body
    )


def hl7_signs_declared(dice: Random, body: bytes, other: bytes) -> bytes:
    """MSH-1 and MSH-2 declare others than are used."""
    head = dice.choice((
        b"MSH|", b"MSH||", b"MSH|^~\\", b"MSH|^^^^|", b"MSH#^~\\&#", b"MSH|\\~^&|", b"MSH^|~\\&^",
        b"MSH", b"MSH|abcd|", b"MSH\xc3\xa9^~\\&\xc3\xa9", b"MSH|^~\\&#|", b"MSH ^~\\& ",
        b"msh|^~\\&|", b"MSH|....|", b"MSH.^~\\&.", b"MSH*+?(*", b"MSH\\^~|&\\",
    ))  # fmt: skip
    return re.sub(rb"\AMSH[^\r\n]?[^|\r\n]{0,5}\|?", lambda _: head, body, count=1)


def hl7_field_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _HL7_FIELD, body), _found(dice, _HL7_FIELD, other)
    if not (one and two):
        return body
    return _replaced(body, one, dice.choice((odd(dice), dice.choice(_HL7_PIECES), two[1])), 1)


def hl7_piece_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _HL7_SIGNS, body)
    return _replaced(body, found, found[0] + dice.choice(_HL7_PIECES)) if found else body


def hl7_segments_moved(dice: Random, body: bytes, other: bytes) -> bytes:
    """A segment is dropped, doubled, stands elsewhere, or comes from another message."""
    lines = re.split(rb"\r\n|\r|\n", body)
    line = dice.choice(re.split(rb"\r\n|\r|\n", other))
    if dice.random() < 0.7:
        line = lines.pop(dice.randrange(len(lines)))
    for _ in range(dice.choice((0, 1, 1, 2, 30))):
        lines.insert(dice.randrange(len(lines) + 1), line)
    return b"\r".join(lines)


def hl7_charset_declared(dice: Random, body: bytes, other: bytes) -> bytes:
    head, end, rest = body.partition(b"\r")
    fields = head.split(b"|")
    fields += [b""] * (18 - len(fields))
    fields[17] = dice.choice(CHARSETS).encode()
    return b"|".join(fields) + end + rest


# ── E-mails, and labelled lines ──

_BASE64 = re.compile(rb"[A-Za-z0-9+/]{20,}={0,2}")
_HEADER = re.compile(rb"^[A-Za-z-]{2,40}:[ \t]*([^\r\n]{0,500})", re.MULTILINE)
_LABELLED = re.compile(rb"^([A-Za-z][A-Za-z0-9 ]{0,40}):[ \t]*([^\r\n]{0,500})", re.MULTILINE)
_BOUNDARY = re.compile(rb"boundary=\"?([^\"\s;]{0,70})", re.IGNORECASE)
_HEADERS = (
    b"Content-Type: multipart/mixed; boundary=part",
    b"Content-Type: multipart/alternative; boundary=p", b"Content-Type: message/rfc822",
    b"Content-Type: text/html", b"Content-Type: text", b"Content-Type: ;",
    b"Content-Type: text/plain; charset*0=utf; charset*1=-8",
    b"Content-Type: multipart/report; boundary=\"\"",
    b"Content-Type: text/plain; name*=utf-8''%ff%00%zz",
    b"Content-Type: text/plain; charset*=x'y'%ff",
    b"Content-Type: text/plain; name*0*=x''%ff; name*2=b",
    b"Content-Type: message/partial; number=1", b"Content-Type: message/delivery-status",
    b"Content-Type: multipart/digest; boundary=part", b"Content-Type: text/plain; format=flowed",
    b"Content-Type: application/pdf; name=\"=?utf-8?b?/w==?=\"",
    b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable",
    b"Content-Transfer-Encoding: x-uuencode", b"Content-Transfer-Encoding: \xff",
    b"MIME-Version: x",
    b"Content-Disposition: attachment; filename=\"a\"; filename*=utf-8''%f0%28",
    b"Content-Disposition: x\xff", b"Date: x", b"Date: Mon, 31 Feb 2026 25:61:61 +9999",
    b"Date: 1 Jan 9999 23:59:59 -9959", b"Date: 0 0 0", b"Date: Fri, 1 Jan 0001 00:00:00 +2359",
    b"Date: 99 Jan 26 1:1", b"From: =?x?q?=ZZ?= <>", b"From: (((", b"From: \xff\xfe",
    b"From: \"\\", b"Message-ID: <>", b"Message-ID: <\xff>", b"References: <a> <b <c>> <>",
    b"In-Reply-To: <a>", b"Auto-Submitted: auto-replied", b"Auto-Submitted: auto-generated",
    b"Precedence: bulk", b"Return-Path: <>", b"Subject: =?utf-8?b?8J+RqQ=?= =?utf-16?b?2AA=?=",
    b"Subject: =?utf-7?q?+AAA-?=", b"Subject: Operation Encompass", b"Subject: a\r\n b\r\n\tc",
    b"Subject:\r\n", b": x", b" folded", b"X", b"Content-ID: <a>", b"X-Failed-Recipients: a",
    b"Subject: =?undefined?b?eA==?=", b"Subject: =?hex?q?zz?=", b"Date: " + b"9" * 400,
    b"Date: Mon, 1 Jan 2026 " + b"9" * 30 + b":1:1 +0000", b"Date: 1 Jan 2026 1:1 +" + b"9" * 30,
)  # fmt: skip


def mail_header_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    """A header comes twice, is broken, folded, or says what the body is not."""
    found = _found(dice, _HEADER, body) if dice.random() < 0.6 else _HEADER.search(body)
    header = dice.choice(_HEADERS)
    if found is None:
        return header + b"\r\n" + body
    return _replaced(body, found, header if dice.random() < 0.5 else header + b"\r\n" + found[0])


def mail_header_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _HEADER, body), _found(dice, _HEADER, other)
    if not (one and two):
        return body
    encoded = b"=?" + dice.choice(CHARSETS).encode() + b"?" + dice.choice((b"q", b"b", b"x")) + b"?"
    by = (
        odd(dice),
        two[1],
        encoded + b"eA==?=",
        encoded + odd(dice) + b"?=",
        one[1] + b"\r\n\t" + two[1],
    )
    return _replaced(body, one, dice.choice(by), 1)


def mail_charset_declared(dice: Random, body: bytes, other: bytes) -> bytes:
    name = dice.choice(CHARSETS).encode()
    return re.sub(rb"charset=\"?[\w.-]+\"?", lambda _: b'charset="' + name + b'"', body, count=1)


def mail_boundary_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    """A boundary that is not there, is doubled, or is that of parts within."""
    found = _BOUNDARY.search(body)
    mark = found[1] if found else b"part"
    match dice.randrange(4):
        case 0 if found:
            return _replaced(
                body, found, dice.choice((b"", b"x", b"(.*)+", b"--", b" ", odd(dice))), 1
            )
        case 1:
            return body.replace(
                b"--" + mark, dice.choice((b"", b"--", b"--x", b"--" + mark * 2)), 1
            )
        case 2:
            at = _at(dice, body)
            return body[:at] + b"\r\n--" + mark + dice.choice((b"", b"--")) + b"\r\n" + body[at:]
        case _:
            return body + b"\r\n--" + mark + b"\r\n" + other[:1000]


def mail_forwarded(dice: Random, body: bytes, other: bytes) -> bytes:
    """The message within another, some deep."""
    head = b"From: a@b.example\r\nTo: c@d.example\r\nContent-Type: "
    within = dice.choice((
        b"message/rfc822\r\n\r\n", b"message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        b"multipart/mixed; boundary=q\r\n\r\n--q\r\nContent-Type: message/rfc822\r\n\r\n",
        b"multipart/alternative; boundary=q\r\n\r\n--q\r\n\r\nx\r\n--q\r\n"
        b"Content-Type: text/html\r\n\r\n",
        b"text/plain\r\n\r\n-----Original Message-----\r\n",
        b"text/plain\r\n\r\nOn 1 May, A wrote:\r\n> ",
    ))  # fmt: skip
    return (head + within) * dice.choice((1, 1, 1, 2, 60)) + body


def mail_base64_damaged(dice: Random, body: bytes, other: bytes) -> bytes:
    found = _found(dice, _BASE64, body)
    by = dice.choice((b"=", b"====", b"A", b"\xff", b"!", b"=A", b"\r\n\r\n"))
    if found is None:
        at = _at(dice, body)
        return body[:at] + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + by + body[at:]
    at = dice.randrange(found.start(), found.end())
    return body[:at] + by + body[at + dice.choice((0, 1, 2)) :]


def label_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    """After a label stands what belongs to another, or nothing that fits."""
    one, two = _found(dice, _LABELLED, body), _found(dice, _LABELLED, other)
    if not (one and two):
        return body
    if dice.random() < 0.3:
        return _replaced(body, one, two[1], 1)
    return _replaced(body, one, dice.choice((odd(dice), two[2])), 2)


# ── Tables ──

_CELL = re.compile(rb"(?:^|[,;\t|])([^,;\t|\r\n]{0,500})", re.MULTILINE)
_DELIMITER = re.compile(rb"[,;\t|]")


def cell_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    one, two = _found(dice, _CELL, body), _found(dice, _CELL, other)
    if not (one and two):
        return body
    quoted = b'"' + odd(dice).replace(b'"', b'""') + b'"'
    return _replaced(body, one, dice.choice((odd(dice), quoted, two[1], b'"', b'"""', b'"a"b"')), 1)


def heads_swapped(dice: Random, body: bytes, other: bytes) -> bytes:
    """Columns change places, come twice, or are called something else."""
    head, end, rest = body.partition(b"\n")
    cells = head.split(b",")
    at = dice.randrange(len(cells))
    cells[at] = dice.choice(
        (dice.choice(cells), odd(dice), b"child_99_name", cells[at].upper(), b"")
    )
    return b",".join(cells) + end + rest


def delimiters_changed(dice: Random, body: bytes, other: bytes) -> bytes:
    by = dice.choice((b";", b"\t", b"|", b",", b",,", b"", b'","'))
    if dice.random() < 0.5:
        found = _found(dice, _DELIMITER, body)
        return _replaced(body, found, by) if found else body
    return _DELIMITER.sub(lambda _: by, body)


def quote_put_in(dice: Random, body: bytes, other: bytes) -> bytes:
    at = _at(dice, body)
    return body[:at] + dice.choice((b'"', b'""', b'","', b'"\r\n', b"'", b"sep=;\r\n")) + body[at:]


def rows_doubled(dice: Random, body: bytes, other: bytes) -> bytes:
    head, end, rest = body.partition(b"\n")
    return head + end + rest * dice.choice((2, 3, 40))


OF_SYNTAX: dict[Syntax, tuple[Mutator, ...]] = {
    "json": (
        json_value_swapped, json_value_swapped, json_value_moved, json_value_wrapped,
        json_name_doubled, json_name_swapped, json_branch,
    ),
    "xml": (
        xml_piece_put_in, xml_text_swapped, xml_attribute_swapped, xml_attribute_swapped,
        xml_tag_renamed, xml_tag_dropped, xml_element_moved, xml_namespace_changed,
        xml_declared_otherwise,
    ),
    "hl7": (
        hl7_sign_changed, hl7_signs_declared, hl7_field_swapped, hl7_field_swapped,
        hl7_piece_put_in, hl7_segments_moved, hl7_charset_declared,
    ),
    "mail": (
        mail_header_put_in, mail_header_changed, mail_charset_declared, mail_boundary_changed,
        mail_forwarded, mail_base64_damaged, label_changed, label_changed,
    ),
    "csv": (
        cell_swapped, cell_swapped, heads_swapped, delimiters_changed, quote_put_in, rows_doubled,
    ),
    "text": (label_changed, label_changed, lines_moved, token_swapped),
}  # fmt: skip


def syntax_of(body: bytes) -> Syntax:
    start = body[:400].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start[:1] in {b"{", b"["}:
        return "json"
    if start[:1] == b"<":
        return "xml"
    if start[:3] in {b"MSH", b"BHS", b"FHS"}:
        return "hl7"
    if re.match(rb"(?:From |[A-Za-z-]{2,40}:)", start):
        return "mail" if re.search(rb"^(?:From|To|Subject|MIME-Version):", start, re.M) else "text"
    return "csv"


# ── Smaller messages of the same kind ──


def reduced(dice: Random, body: bytes, size: int) -> bytes:
    """Some of a message, in its own syntax: no more than about `size` bytes of it."""
    match syntax_of(body):
        case "json":
            return _reduced_json(dice, body, size)
        case "xml":
            return _reduced_xml(dice, body, size)
        case "csv":
            return _reduced_table(dice, body)
        case _:
            return _reduced_lines(dice, body, size)


def _reduced_json(dice: Random, body: bytes, size: int) -> bytes:
    value = _json(body.removeprefix(b"\xef\xbb\xbf"))
    while len(told := json.dumps(value).encode()) > size:
        places = [each for each in _places(value) if each[1] not in {"resourceType", "reference"}]
        if not places:
            break
        holder, key = dice.choice(places)
        if len(json.dumps(holder[key])) < size or dice.random() < 0.1:
            del holder[key]
    return told


def _reduced_xml(dice: Random, body: bytes, size: int) -> bytes:
    from lxml import etree

    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return body[:size]
    while len(told := bytes(etree.tostring(root))) > size:
        elements = list(root.iterdescendants())
        if not elements:
            break
        element = dice.choice(elements)
        if len(etree.tostring(element)) < size or dice.random() < 0.1:
            element.getparent().remove(element)
    return told


def _reduced_table(dice: Random, body: bytes) -> bytes:
    """The first two lines, a third of their columns."""
    lines = [line.split(b",") for line in body.splitlines()[:2]]
    kept = [at for at in range(len(lines[0])) if dice.random() < 0.35] or [0, 1]
    return b"".join(
        b",".join(line[at] for at in kept if at < len(line)) + b"\r\n" for line in lines
    )


def _reduced_lines(dice: Random, body: bytes, size: int) -> bytes:
    """The first lines and some of the others, each no longer than 200 bytes."""
    lines = body.splitlines(keepends=True)
    ends = [line[len(line.rstrip(b"\r\n")) :] for line in lines]
    lines = [
        line if len(line) < 200 else line[:200] + end for line, end in zip(lines, ends, strict=True)
    ]
    while len(lines) > 3 and sum(map(len, lines)) > size:
        del lines[dice.randrange(2, len(lines))]
    return b"".join(lines)
