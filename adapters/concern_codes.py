"""Which codes may a safeguarding flag carry, and which of them says that there is no concern?

Source: safeguarding concern codes of the NHS Booking and Referral Standard (SNOMED CT, and `U`).
Codes are compared as strings.
"""

import re

SAFEGUARDING_CODES: dict[str, str] = {
    "836881000000105": "Child is cause for safeguarding concern",
    "U": "Unspecified Safeguarding Concern Identified",
    "297591000000108": "Alleged victim of sexual assault",
    "736792008": "At risk of honour based violence",
    "401206008": "At risk for deliberate self harm",
    "702953007": "Suspected victim of child neglect",
    "702579009": "Suspected victim of sexual abuse",
    "707087005": "At risk of domestic violence",
    "881081000000100": "Domestic abuse victim in household",
    "838481000000106": "At risk of institutional abuse",
    "697951004": "Suspected victim of emotional abuse",
    "697950003": "Suspected domestic abuse",
    "697949003": "Suspected victim of physical abuse",
    "1054321000000100": "At risk of forced marriage",
    "766969008": "At risk of radicalisation",
    "415685003": "Suspected alcohol abuse",
    "761571000000106": "At risk of financial abuse",
    "449889006": "Delay in seeking medical advice",
    "300731000000106": "Family is cause for concern",
    "878111000000109": "Unborn child is cause for safeguarding concern",
    "861931000000100": "No safeguarding issues identified",
    "713201008": "At risk of female genital mutilation",
    "919461000000108": "At risk of sexual exploitation",
    "700254002": "Suspected victim of child sexual abuse",
    "700253008": "Suspected victim of sexual grooming",
    "700255001": "Suspected non-accidental injury to child",
    "1076171000000100": "Carer behaviour is cause for safeguarding concern",
    "293161000000103": "Family history of alcohol misuse",
    "416936003": "At risk of physical abuse",
    "766561000000109": "Adult safeguarding concern",
    "417361000": "At risk of sexual abuse",
    "771983008": "At risk of psychological abuse",
    "771984002": "At risk of emotional abuse",
    "864491000000105": "Has child subject of child protection plan",
    "826931000000104": "Frequent attender of accident and emergency department",
    "417427001": "At risk of discriminatory abuse",
    "417430008": "Vulnerable adult",
    "771385008": "Suspected victim of bullying",
    "104586100000100": "At risk of human trafficking",
    "129707006": "At risk for other-directed violence",
    "287351000000105": "Family history of substance misuse",
    "375041000000100": "Family member subject of child protection plan",
    "248054003": "Self-neglect",
    "162596006": "Suspected victim of child abuse",
    "162591001": "Suspected drug abuse",
    "777996001": "Alleged being subjected to abuse",
}

NO_CONCERN = "861931000000100"
"""The sender looked, and found no safeguarding issue: it never makes a concern."""

UNBORN_CHILD = "878111000000109"
"""The concern is about a child not yet born."""

CATEGORY = "SG"
"""The category of a flag that is about safeguarding."""

DUE_DATE_CODES = frozenset({"161714006", "11778-8", "11779-6", "EDD"})
"""Codes of an observation that tells when a child is expected (SNOMED CT, LOINC)."""

_DISEASE = re.compile(r"[A-Z][0-9]{2}(?:\.[0-9A-Z]{1,4})?", re.ASCII)
_DISPOSITION = re.compile(r"Dx[0-9]{1,4}", re.ASCII)
_DISEASES = ("I10", "ICD10")


def may_be_code(text: str, system: str) -> bool:
    """Whether it may be stored in clear as a concern code, `system` being what the sender calls
    its list: a safeguarding code, a disease of ICD-10, or a disposition of NHS Pathways.

    A number alone, or any other word with a digit in it, may be somebody's.
    """
    if text in SAFEGUARDING_CODES or _DISPOSITION.fullmatch(text):
        return True
    name = "".join(sign for sign in system.upper() if sign.isalnum())
    return bool(_DISEASE.fullmatch(text)) and name.startswith(_DISEASES)


def says_more(words: str, code: str) -> bool:
    """Whether words that stand beside a code are other words than the code's own name."""
    told = " ".join(words.casefold().split())
    return told not in {"", code.casefold(), SAFEGUARDING_CODES.get(code, "").casefold()}
