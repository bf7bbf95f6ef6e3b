"""One try of a delivery.

What is known at every moment stands in the row: before anything goes out, that it may have been sent; afterwards, what
became of it. So a process that dies in between sends nothing twice: it leaves a try of which nobody knows the end.
"""

import logging
import time

from .. import actions
from ..linking import link_url
from ..models import Delivery
from ..transactions import UNREACHABLE
from .channels import NotSent, channels
from .letters import write_letter

logger = logging.getLogger(__name__)

# Seconds between the tries to write down what became of it. A database that restarts is back by then.
INSISTENCE = (1, 2, 4, 8)


def try_delivery(delivery_id: int) -> None:
    """Send it, if it is due, and note what became of that."""
    taken = actions.take_delivery(delivery_id=delivery_id)
    if taken is None:
        return
    delivery, token = taken
    channel = channels()[delivery.channel]
    try:
        letter = write_letter(delivery, channel, link_url(token) if token else "")
    except Exception as error:
        logger.exception("Delivery %s could not be written", delivery_id)
        problem = NotSent(Delivery.Problem.FAULT, again=isinstance(error, UNREACHABLE))
        insist(actions.note_problem, delivery_id=delivery_id, problem=problem)
        return
    try:
        provider_id = channel.send(letter)
    except NotSent as problem:
        insist(actions.note_problem, delivery_id=delivery_id, problem=problem)
    except Exception:
        logger.exception("Delivery %s failed in %s", delivery_id, channel.name)
        problem = NotSent(Delivery.Problem.FAULT, maybe=True)
        insist(actions.note_problem, delivery_id=delivery_id, problem=problem)
    else:
        insist(actions.note_sent, delivery_id=delivery_id, provider_id=provider_id)


def insist(action, **given):
    """What has happened outside is written down, also by a database that is away for a moment."""
    for pause in INSISTENCE:
        try:
            return action(**given)
        except UNREACHABLE as error:
            logger.error("What became of a delivery cannot be written down yet: %s", error)
            time.sleep(pause)
    return action(**given)
