"""Who is signed in as whom, and who no longer is?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.access import OPERATOR, Post
from services.assemble import Parts, all_parts
from services.give import give
from services.settings import settings
from services.sign_in import sign_in


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[Parts]:
    with all_parts(settings(str(tmp_path / "store"))) as opened:
        opened.projector.catch_up()
        does(opened, "register-agency", agency_id="elm", kind="gp", name="Elm")
        does(opened, "form-team", team_id="team-east", name="East")
        does(opened, "join-team", team_id="team-east", person_id="wim", name="Wim")
        does(opened, "appoint-manager", team_id="team-east", person_id="mary", name="Mary")
        yield opened


def does(parts: Parts, command: str, **fields: Any) -> None:
    assert give(parts, OPERATOR, command, fields).result == "done"
    parts.projector.catch_up()


def test_a_person_has_the_post_that_their_team_gave_them(parts: Parts) -> None:
    wim, mary = sign_in(parts, "wim"), sign_in(parts, "mary")
    assert wim is not None
    assert mary is not None
    assert (wim.posts, mary.posts) == (
        (Post("social-worker", "team-east"),),
        (Post("team-manager", "team-east"),),
    )


def test_an_agency_signs_in_as_a_referrer_unless_it_is_suspended(parts: Parts) -> None:
    elm = sign_in(parts, "elm")
    assert elm is not None
    assert (elm.role, elm.agency) == ("referrer", "elm")
    does(parts, "suspend-agency", agency_id="elm", reason="Broken into.")
    assert sign_in(parts, "elm") is None


def test_whoever_left_is_nobody(parts: Parts) -> None:
    does(parts, "leave-team", team_id="team-east", person_id="wim")
    assert sign_in(parts, "wim") is None
    assert sign_in(parts, "no-such-person") is None
    assert sign_in(parts, "command-line") is None


def test_the_operator_is_in_every_store(parts: Parts) -> None:
    assert sign_in(parts, "operator") == OPERATOR


def test_whoever_covers_acts_for_the_other(parts: Parts) -> None:
    does(parts, "join-team", team_id="team-east", person_id="wanda", name="Wanda")
    does(parts, "arrange-cover", team_id="team-east", person_id="wim", cover_id="wanda",
         until="2199-01-01")  # fmt: skip
    wanda = sign_in(parts, "wanda")
    assert wanda is not None
    assert wanda.acts_for(parts.now().date()) == {"wim", "wanda"}
