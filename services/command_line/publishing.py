"""Commands that send agencies what became of their referrals, until they are told to end."""

from cyclopts import App

from adapters.transports.kafka import Incomplete, NotAllowed, NotReachable
from adapters.transports.kafka_out import Outlet
from services.assemble import event_store
from services.command_line.ingesting import ENDING_SECONDS, Once, told_to_end
from services.command_line.options import HERE, Where
from services.command_line.output import show, tell
from services.command_line.publishing_webhooks import webhooks
from services.kafka_access import access_to
from services.publish_kafka import Publish

publish = App(name="publish", help="Send agencies what became of their referrals.")
publish.command(webhooks)


@publish.command
def kafka(*, kafka: str | None = None, once: Once = False, where: Where = HERE) -> int:
    """Write what agencies are to be told to their Kafka topics; a line a message once durable.

    What was set aside as it came in is written beside its topic too (TOPIC.dlq). Exit 1 if, with
    --once, something waits for a topic that is not there any more.

    Parameters
    ----------
    kafka
        Where the brokers are, as HOST:PORT, several with commas; else SAFEGUARDING_KAFKA_BOOTSTRAP.
    once
        End when all that the log holds is sent.
    """
    access = access_to(kafka)
    if access is None:
        tell("Say where Kafka is: --kafka HOST:PORT, or SAFEGUARDING_KAFKA_BOOTSTRAP.")
        return 2
    stop = told_to_end(within=ENDING_SECONDS)
    with event_store(where.settings()) as store:
        try:
            publisher = Publish(store, lambda: Outlet(access), tell)
            show(publisher.lines(stop, once=once), "json")
        except NotReachable as error:
            tell(f"Kafka cannot be reached, or does not let us in: {error}.")
            return 3
        except NotAllowed as error:
            tell(f"{error} (safeguarding kafka setup).")
            return 1
        except Incomplete as error:
            tell(f"{error}.")
            return 3
    return 1 if once and publisher.unseen else 0
