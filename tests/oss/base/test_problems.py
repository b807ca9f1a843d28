"""Problems say what is wrong in one sentence, whatever facts they were given."""

from __future__ import annotations

import pickle

from oss.base.problems import Conflict, Forbidden, InvalidInput, NotFound, Problem


class OLTUnreachable(Problem):
    """The OLT {name} does not answer
    at {address}.

    This paragraph is for the reader of the code.
    """

    status = 502


class AlreadyPaid(Conflict):
    """Invoice {number} was paid."""


class PaidTwice(AlreadyPaid):
    pass


def test_the_first_paragraph_of_the_docstring_is_the_message() -> None:
    assert str(OLTUnreachable(name="Centro", address="10.0.0.2")) == "The OLT Centro does not answer at 10.0.0.2."


def test_a_missing_fact_does_not_hide_the_problem() -> None:
    assert str(OLTUnreachable(name="Centro")) == "The OLT Centro does not answer at {address}."


def test_braces_inside_a_fact_are_left_alone() -> None:
    assert str(AlreadyPaid(number="{0} {x}")) == "Invoice {0} {x} was paid."


def test_the_code_is_the_class_name_in_kebab_case() -> None:
    codes = [kind.code for kind in (Problem, NotFound, InvalidInput, OLTUnreachable, AlreadyPaid, PaidTwice)]
    assert codes == ["problem", "not-found", "invalid-input", "olt-unreachable", "already-paid", "paid-twice"]


def test_a_kind_without_words_of_its_own_speaks_its_parents() -> None:
    assert str(PaidTwice(number=7)) == "Invoice 7 was paid."
    assert PaidTwice.status == 409


def test_each_kind_has_its_http_status() -> None:
    kinds = (Problem, NotFound, Conflict, Forbidden, InvalidInput, OLTUnreachable)
    assert [kind.status for kind in kinds] == [400, 404, 409, 403, 422, 502]


def test_invalid_input_names_every_field() -> None:
    problem = InvalidInput({"name": "must not be empty", "due_day": "must be 1 to 28"})
    assert problem.fields == {"name": "must not be empty", "due_day": "must be 1 to 28"}
    assert "name must not be empty; due_day must be 1 to 28" in str(problem)


def test_a_problem_survives_the_way_home_from_a_child_process() -> None:
    for problem in (AlreadyPaid(number=3), InvalidInput({"cpf": "is not one"})):
        home = pickle.loads(pickle.dumps(problem))
        assert (type(home), str(home), home.facts) == (type(problem), str(problem), problem.facts)
    assert home.fields == {"cpf": "is not one"}
