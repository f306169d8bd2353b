"""Which codes does the Department for Education use, and what does each mean?

Source: Children in Need census guide (Department for Education). Codes are compared as strings.
"""

from typing import Literal

ReferralSource = Literal[
    "1A", "1B", "1C", "1D", "2A", "2B", "3A", "3B", "3C", "3D", "3E", "3F",
    "4", "5A", "5B", "5C", "5D", "6", "7", "8", "9", "10",
]  # fmt: skip
REFERRAL_SOURCES: dict[ReferralSource, str] = {
    "1A": "Family member, relative or carer",
    "1B": "Acquaintance, including neighbours and childminders",
    "1C": "Self",
    "1D": "Other individual",
    "2A": "Schools",
    "2B": "Education services",
    "3A": "General practitioner",
    "3B": "Health visitor",
    "3C": "School nurse",
    "3D": "Other primary health services",
    "3E": "Accident and emergency department",
    "3F": "Other health services",
    "4": "Housing",
    "5A": "Local authority: social care",
    "5B": "Local authority: other internal",
    "5C": "Other local authority",
    "5D": "Local authority: early help",
    "6": "Police",
    "7": "Other legal agency",
    "8": "Other, including voluntary organisations",
    "9": "Anonymous",
    "10": "Unknown",
}

Need = Literal["N0", "N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8", "N9"]
NEEDS: dict[Need, str] = {
    "N0": "Not stated",
    "N1": "Abuse or neglect",
    "N2": "Child's disability or illness",
    "N3": "Parental illness or disability",
    "N4": "Family in acute stress",
    "N5": "Family dysfunction",
    "N6": "Socially unacceptable behaviour",
    "N7": "Low income",
    "N8": "Absent parenting",
    "N9": "Cases other than children in need",
}

ClosureReason = Literal["RC1", "RC2", "RC3", "RC4", "RC5", "RC6", "RC7", "RC8", "RC9"]
CLOSURE_REASONS: dict[ClosureReason, str] = {
    "RC1": "Adopted",
    "RC2": "Died",
    "RC3": "Child arrangements order",
    "RC4": "Special guardianship order",
    "RC5": "Transferred to services of another local authority",
    "RC6": "Transferred to adult social care",
    "RC7": "Services ceased for any other reason, including no longer in need",
    "RC8": "Closed after assessment, no further action",
    "RC9": "Closed after assessment, referred to early help",
}

AbuseCategory = Literal["NEG", "PHY", "SAB", "EMO", "MUL"]
ABUSE_CATEGORIES: dict[AbuseCategory, str] = {
    "NEG": "Neglect",
    "PHY": "Physical abuse",
    "SAB": "Sexual abuse",
    "EMO": "Emotional abuse",
    "MUL": "Multiple",
}

Sex = Literal["F", "M", "U"]
SEXES: dict[Sex, str] = {"F": "Female", "M": "Male", "U": "Unknown or unborn"}

WorkerChange = Literal[
    "MANAGE", "FCONTA", "LEFTRL", "ORGRST", "TSPROC", "ABSENC", "CHCHAN", "PCCH",
]  # fmt: skip
WORKER_CHANGES: dict[WorkerChange, str] = {
    "MANAGE": "Change of social worker by a manager, for workload or performance",
    "FCONTA": "First contact: allocation of the first social worker",
    "LEFTRL": "The social worker left the role",
    "ORGRST": "Organisation restructured",
    "TSPROC": "Transfer of the case under the usual process",
    "ABSENC": "The social worker is absent",
    "CHCHAN": "The child asked for a change",
    "PCCH": "A parent or carer asked for a change",
}

Factor = Literal[
    "1A", "1B", "1C", "2A", "2B", "2C", "3A", "3B", "3C", "4A", "4B", "4C", "5A", "5B", "5C",
    "6A", "6B", "6C", "7A", "8B", "8C", "8D", "8E", "8F", "9A", "10A", "11A", "12A", "13A", "14A",
    "15A", "16A", "17A", "18B", "18C", "19B", "19C", "20", "21", "22A", "23A", "24A",
]  # fmt: skip
"""Factors identified at the end of assessment. 18A and 19A are retired."""
FACTORS: dict[Factor, str] = {
    "1A": "Alcohol misuse by the child",
    "1B": "Alcohol misuse by a parent or carer",
    "1C": "Alcohol misuse by another person in the household",
    "2A": "Drug misuse by the child",
    "2B": "Drug misuse by a parent or carer",
    "2C": "Drug misuse by another person in the household",
    "3A": "Domestic abuse, the child the victim",
    "3B": "Domestic abuse, a parent or carer the victim",
    "3C": "Domestic abuse, another person in the household the victim",
    "4A": "Mental health of the child",
    "4B": "Mental health of a parent or carer",
    "4C": "Mental health of another person in the household",
    "5A": "Learning disability of the child",
    "5B": "Learning disability of a parent or carer",
    "5C": "Learning disability of another person in the household",
    "6A": "Physical disability or illness of the child",
    "6B": "Physical disability or illness of a parent or carer",
    "6C": "Physical disability or illness of another person in the household",
    "7A": "Young carer",
    "8B": "Privately fostered: overseas, to return to their parents",
    "8C": "Privately fostered: overseas, to live with extended family",
    "8D": "Privately fostered: adolescent staying with friends",
    "8E": "Privately fostered: other",
    "8F": "Privately fostered: teenager estranged from the family",
    "9A": "Unaccompanied asylum seeking child",
    "10A": "Going missing",
    "11A": "Child sexual exploitation",
    "12A": "Trafficking",
    "13A": "Gangs",
    "14A": "Socially unacceptable behaviour",
    "15A": "Self-harm",
    "16A": "Neglect",
    "17A": "Emotional abuse",
    "18B": "Physical abuse, child on child",
    "18C": "Physical abuse, adult on child",
    "19B": "Sexual abuse, child on child",
    "19C": "Sexual abuse, adult on child",
    "20": "Other",
    "21": "No factors identified",
    "22A": "Female genital mutilation",
    "23A": "Abuse linked to faith or belief",
    "24A": "Child criminal exploitation",
}

AgencyKind = Literal["police", "gp", "health", "voluntary", "school", "public"]
AGENCY_KINDS: dict[AgencyKind, str] = {
    "police": "Police",
    "gp": "General practice",
    "health": "Hospital or community health",
    "voluntary": "Voluntary organisation",
    "school": "School or nursery",
    "public": "Member of the public",
}

LawfulBasis = Literal["consent", "legal-obligation", "public-task", "vital-interests"]
LAWFUL_BASES: dict[LawfulBasis, str] = {
    "consent": "Consent",
    "legal-obligation": "Legal obligation",
    "public-task": "Public task",
    "vital-interests": "Vital interests",
}
"""On what information about a person is shared. Source: UK GDPR, article 6(1)."""
