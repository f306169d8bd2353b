"""Risk: what was feared stays until somebody answers it."""

import pytest

from domain.kernel import Command
from tests.examples import (
    MESSAGE,
    answer_risk,
    escalate_risk,
    raise_risk,
    risk_answer_withdrawn,
    risk_answered,
    risk_escalated,
    risk_raised,
    withdraw_risk_answer,
)
from tests.scenario import given


def test_a_risk_is_raised_once() -> None:
    given().when(raise_risk()).then(risk_raised())
    given(risk_raised()).when(raise_risk()).then_nothing()


def test_a_risk_has_words_unless_an_agency_sent_it() -> None:
    given().when(raise_risk(words=" ")).then_refused("Write what is feared")
    sent = {"words": "", "message": MESSAGE}
    given().when(raise_risk(**sent)).then(risk_raised(**sent))


def test_a_risk_is_answered_once() -> None:
    given(risk_raised()).when(answer_risk()).then(risk_answered())
    given(risk_raised(), risk_answered()).when(answer_risk()).then_nothing()


def test_an_answer_is_not_overwritten() -> None:
    other = answer_risk(answer="refuted")

    given(risk_raised(), risk_answered()).when(other).then_refused("raise it again")


def test_the_same_answer_with_other_reasons_is_refused_and_not_dropped() -> None:
    history = (risk_raised(), risk_answered(command="1"))
    given(*history).when(answer_risk(command="1")).then_nothing()
    given(*history).when(answer_risk(command="2")).then_refused("already answered")


@pytest.mark.parametrize("missing", ["reason", "evidence"])
def test_an_answer_has_both_a_reason_and_evidence(missing: str) -> None:
    given(risk_raised()).when(answer_risk(**{missing: " "})).then_refused("Record both")


def test_a_risk_that_nobody_answers_is_escalated() -> None:
    given(risk_raised()).when(escalate_risk()).then(risk_escalated())
    given(risk_raised(), risk_escalated()).when(escalate_risk()).then_nothing()
    further = {"to": "head-of-service"}
    given(risk_raised(), risk_escalated()).when(escalate_risk(**further)).then(
        risk_escalated(**further)
    )


@pytest.mark.parametrize("missing", ["to", "reason"])
def test_an_escalation_says_to_whom_and_why(missing: str) -> None:
    given(risk_raised()).when(escalate_risk(**{missing: ""})).then_refused("to whom")


def test_an_answered_risk_is_not_escalated() -> None:
    given(risk_raised(), risk_answered()).when(escalate_risk()).then_refused("raise it again")
    answered = (risk_raised(), risk_escalated(), risk_answered())
    given(*answered).when(escalate_risk()).then_nothing()


@pytest.mark.parametrize("command", [answer_risk(), escalate_risk()])
def test_a_risk_is_raised_before_anything_else(command: Command) -> None:
    given().when(command).then_refused("raise it first")


def test_the_id_of_another_childs_risk_is_not_taken_again() -> None:
    again = raise_risk(child_id="child-other")

    given(risk_raised()).when(again).then_refused("another child's risk")


# ── An answer that was wrong ──────────────────────────────────────────────────────────────────────

ANSWERED = (risk_raised(), risk_answered(command="1"))
WITHDRAWN = (*ANSWERED, risk_answer_withdrawn(command="2"))


def test_an_answer_is_withdrawn_once() -> None:
    withdraw = withdraw_risk_answer(command="2")
    given(*ANSWERED).when(withdraw).then(risk_answer_withdrawn(command="2"))
    given(*WITHDRAWN).when(withdraw).then_nothing()


def test_a_withdrawn_answer_has_a_reason() -> None:
    given(*ANSWERED).when(withdraw_risk_answer(reason=" ")).then_refused("Record why")


def test_only_an_answer_that_stands_is_withdrawn() -> None:
    given(risk_raised()).when(withdraw_risk_answer()).then_refused("no answer to withdraw")
    given(*WITHDRAWN).when(withdraw_risk_answer(command="3")).then_refused("no answer to withdraw")


def test_a_risk_whose_answer_was_withdrawn_is_answered_again_and_escalated() -> None:
    given(*WITHDRAWN).when(answer_risk(command="3")).then(risk_answered(command="3"))
    given(*WITHDRAWN).when(escalate_risk()).then(risk_escalated())


def test_the_same_answer_is_given_again_after_it_was_withdrawn() -> None:
    given(*WITHDRAWN).when(answer_risk(command="1")).then(risk_answered(command="1"))
