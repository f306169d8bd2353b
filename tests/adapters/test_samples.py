"""What becomes of messages in these formats that nobody here wrote?

They lie outside the project, in the folder that SAFEGUARDING_SAMPLES names.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.concern_codes import SAFEGUARDING_CODES
from adapters.translation import Translation, formats
from tests.adapters.messages import format_named, recognised, sent

FOLDER = os.environ.get("SAFEGUARDING_SAMPLES")
pytestmark = pytest.mark.skipif(not FOLDER, reason="SAFEGUARDING_SAMPLES names no folder")

OF = {
    "fhir-bars": "fhir-bars",
    "fhir-ers": "ers",
    "fhir-pds": "fhir-bars",
    "hl7v2": "hl7v2",
    "itk-111-cda": "itk-cda",
    "hl7v2-simhospital": "hl7v2",
    "csv": "csv",
    "email": "email",
}


def files(folder: str) -> Iterator[Path]:
    paths = sorted((Path(FOLDER or "") / folder).iterdir())
    assert paths
    yield from (path for path in paths if path.is_file())


def read(path: Path, name: str) -> Translation:
    (said,) = format_named(name).translate(sent(path.read_bytes(), file_name=path.name))
    return said


@pytest.mark.parametrize("folder", OF)
def test_every_sample_is_recognised_and_kept(folder: str) -> None:
    for path in files(folder):
        assert recognised(path.read_bytes()) == OF[folder]
        said = read(path, OF[folder])
        assert said.intent == "no-concern" or said.children or said.problems


@pytest.mark.parametrize("folder", OF)
def test_every_sample_is_kept_by_every_other_format_too(folder: str) -> None:
    for path in files(folder):
        for each in formats().values():
            assert each.translate(sent(path.read_bytes()))


def test_outcomes_open_nothing_and_requests_do() -> None:
    for path in files("fhir-bars"):
        said = read(path, "fhir-bars")
        expected = "no-concern" if path.name.startswith("OperationOutcome") else "new"
        assert said.intent == expected


def test_admissions_of_children_without_a_word_open_nothing() -> None:
    read_all = [read(path, "hl7v2") for path in files("hl7v2-simhospital")]
    assert {said.intent for said in read_all} == {"no-concern"}
    numbers = [child.nhs_number for said in read_all for child in said.children]
    assert numbers
    assert all(numbers)


def test_no_adult_of_a_sample_becomes_a_child() -> None:
    for folder, name in OF.items():
        for path in files(folder):
            for child in read(path, name).children:
                assert child.born_on is None or child.born_on.year >= 2008


def test_every_safeguarding_code_is_known() -> None:
    table = next(files("codes")).read_text().splitlines()[1:]
    assert {line.partition(",")[0] for line in table} == set(SAFEGUARDING_CODES)
