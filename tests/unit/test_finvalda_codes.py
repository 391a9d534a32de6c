"""Every number that Finvalda's manual lists is known, classed and told in two languages."""

from __future__ import annotations

import pytest

from fvsamazon.finvalda import codes, errors
from fvsamazon.finvalda.codes import Kind, classify, table

C, D, S, T, B = Kind.CONFIGURATION, Kind.DATA, Kind.STATE, Kind.TRANSIENT, Kind.BUG

LISTED = {
    *(2000, 2001, 2002, 2010, 2011, 2012, 2031),
    *(number for number in range(2, 75) if number not in (31, 67, 68)),
    *range(1001, 1094),
    *range(3000, 3026),
    *range(4000, 4029),
    *range(5000, 5006),
}

CLASSES = {
    B: {1009, 1037, 1048, 1056, 1074, 1076, 1091, 1092, 2011, 5003, 5004},
    C: {
        *(5, 6, 7, 8, 9, 10, 11, 12, 15, 27, 30, 34, 36, 39, 40, 46, 69, 71),
        *(1008, 1011, 1019, 1021, 1036, 1047, 1055, 1059, 1062, 1071, 1084, 1085, 1089, 1093),
        *(4004, 4005, 5002),
    },
    D: {2, 28, 49, 1010, 1046, 1049, 1050, 1052, 1053, 1054, 1057, 1065, 1087, 1088},
    S: {
        *(3, 4, 26, 29, 54, 70, 74, 1001, 1002, 1007, 1012, 1018, 1035, 1040, 1058, 1063, 1070),
        *(1072, 1086, 1090, 4001, 4002, 4003, 4007, 4015, 4027, 5000, 5001, 5005),
    },
    T: {1003, 1073, 2001, 2002, 2010, 2031, 4000, 4006, 4008, 4014, 4019, 4022},
}


def test_every_listed_number_is_known_and_no_other() -> None:
    assert set(table()) == LISTED
    assert len(LISTED) == 231


@pytest.mark.parametrize(
    ("kind", "number"), [(kind, number) for kind, numbers in CLASSES.items() for number in numbers]
)
def test_class_decides_as_the_reference_says(kind: Kind, number: int) -> None:
    assert classify(number).kind is kind


@pytest.mark.parametrize("number", range(3000, 3026))
def test_a_value_not_given_is_ours_unless_the_parameter_should_give_it(number: int) -> None:
    assert classify(number).kinds == (B, C)


@pytest.mark.parametrize("code", table().values(), ids=lambda code: str(code.number))
def test_sentences_say_what_to_do_in_both_languages(code: codes.Code) -> None:
    for sentence in (code.text.en, code.text.lt):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert len(sentence.split()) >= 5
        # A stored sentence is filled in with `format` when it is shown.
        assert "{" not in sentence
        assert "}" not in sentence
    assert code.text.en != code.text.lt
    remedies = ("retr", "report", "correct", "tries again", "look", "use that", "compare", "choose")
    wanted = ("set ", "map ", "enter", "decide", "create", "tried again", "complete")
    assert any(word in code.text.en.lower() for word in (*remedies, *wanted))


def test_sentences_of_different_numbers_tell_them_apart() -> None:
    # 26 and 54, 10 and 50, 44 and 1008, 1001 and 1072, 4023 and 4025 mean the same by the manual.
    assert len({code.text.en for code in table().values()}) >= len(LISTED) - 8


def test_unknown_number_is_a_persons_matter() -> None:
    code = classify(987654)
    assert code.kind is C
    assert code.text == codes.UNKNOWN


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Country 'XX' not found!", C),
        ("Valstybė 'XX' nerasta!", C),
        ("Operation date is out of the period", C),
        ("Object reference not set to an instance of an object.", T),
        ("", T),
    ],
)
def test_exception_is_told_apart_by_its_text(text: str, kind: Kind) -> None:
    assert classify(2010, text).kind is kind


def test_groups_name_known_numbers_of_the_right_class() -> None:
    groups = (
        codes.DOCUMENT_IN_USE,
        codes.CARD_EXISTS,
        codes.NUMBER_TAKEN,
        codes.ALREADY_GONE,
        codes.HEALS_IN_FINVALDA,
    )
    for group in groups:
        assert group <= LISTED
    for number in codes.DOCUMENT_IN_USE | codes.CARD_EXISTS | codes.ALREADY_GONE:
        assert classify(number).kind is S
    assert {7, 26, 34, 36, 39, 46, 54, 1010, 1011, 1071} <= codes.HEALS_IN_FINVALDA


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1036, errors.ConfigurationRefused),
        (1010, errors.DataRefused),
        (1001, errors.StateRefused),
        (4000, errors.TransientRefused),
        (1037, errors.BugRefused),
    ],
)
def test_refusal_has_the_type_of_its_class(number: int, kind: type[errors.Refused]) -> None:
    error = errors.refusal("InsertNewOperation", classify(number), "FVS\x1b[31m\r\n" + "x" * 900)
    assert type(error) is kind
    assert error.number == number
    assert error.code == str(number)
    assert "\x1b" not in str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 400
    assert error.log_fields()["hint"] == error.text.en
