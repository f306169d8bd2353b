"""What has been worked out from the log so far, and up to which event of it?

The only package that opens the read-model database: `FOLDER/read.db`, or the PostgreSQL schema
`read_models`. The rows of a batch and the checkpoint they bring it to are stored in one
transaction. Nothing here is a record: all of it can be worked out again, so no commit waits for the
disk, and a power cut may take the last of them away (rows and checkpoint together).

There are three places: the live tables; those of a rebuild, which nobody reads before they take the
place of the live ones; and those that were replaced last, to which `restore` goes back.
"""

from adapters.read_models.models import ReadModels
from adapters.read_models.place import (
    OWN_TABLES,
    Batch,
    Checkpoint,
    Digest,
    Overtaken,
    Parked,
    Place,
    ReadModel,
    Session,
    StatementFailed,
    Unavailable,
)
from adapters.read_models.statements import Bound, bound

__all__ = [
    "OWN_TABLES",
    "Batch",
    "Bound",
    "Checkpoint",
    "Digest",
    "Overtaken",
    "Parked",
    "Place",
    "ReadModel",
    "ReadModels",
    "Session",
    "StatementFailed",
    "Unavailable",
    "bound",
]
