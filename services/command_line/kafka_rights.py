"""Commands for whoever keeps the Kafka cluster."""

from cyclopts import App

from adapters.translation import formats
from adapters.transports.kafka import NotAllowed, NotReachable
from adapters.transports.kafka_rights import prepare
from services.assemble import event_store
from services.command_line.ingesting import registered
from services.command_line.options import AS_USUAL, HERE, Shown, Where
from services.command_line.output import show, tell
from services.kafka_access import access_to

kafka = App(name="kafka", help="The Kafka cluster that carries the agencies' messages.")


@kafka.command
def setup(*, kafka: str | None = None, where: Where = HERE, shown: Shown = AS_USUAL) -> int:
    """Create the topics, users and rights of the registered agencies, where they are missing.

    Writes each new user with its password, which is told only this once.

    Parameters
    ----------
    kafka
        Where the brokers are, as HOST:PORT, several with commas; else SAFEGUARDING_KAFKA_BOOTSTRAP.
    """
    access = access_to(kafka)
    if access is None:
        tell("Say where Kafka is: --kafka HOST:PORT, or SAFEGUARDING_KAFKA_BOOTSTRAP.")
        return 2
    with event_store(where.settings()) as store:
        agencies = list(registered(store))
    try:
        made = prepare(access, agencies, formats())
    except NotReachable as error:
        tell(f"Kafka cannot be reached, or does not let us in: {error}.")
        return 3
    except NotAllowed as error:
        tell(f"{error}. Come as a user who may administer the cluster (SAFEGUARDING_KAFKA_USER).")
        return 1
    users = [{"user": user, "password": password} for user, password in made.passwords.items()]
    show(users, shown.format, empty="No user is new.")
    tell(f"{len(made.topics)} topics and {len(users)} users are new; {made.rights} rights hold.")
    for agency in made.passed_over:
        tell(f"{agency} is the name of a user of ours: register that agency under another id.")
    return 1 if made.passed_over else 0
