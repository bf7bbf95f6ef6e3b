"""Quick replies to begin with: for everybody, and a few of one dispatcher's own."""

from . import actions
from .models import QuickReply

SHARED = {
    "On the way": "Hello {customer}, order {order} is on its way with {driver}. We expect to be there {promised}.",
    "Running late": "Hello {customer}, we are running late with order {order}. I tell you the new time when I know it.",
    "At the gate": "Hello {customer}, our driver {driver} is at the gate. Can somebody open?",
    "Check the address": "We deliver order {order} to {address}. Is that right?",
    "Call me": "Please call dispatch when you have a moment. It is about order {order}.",
    "Delivered": "Hello {customer}, order {order} has been delivered. Thank you, and have a good day!",
    "Proof of delivery": "{driver}, please send a photo of the signed delivery note for order {order}.",
}
OWN = {
    "Take over": "Hello, {me} here. I have taken over this chat and am reading what you wrote.",
    "Thanks": "Thank you. Write here at any time if there is anything else.",
}


def make_replies(people):
    """The quick replies of the demo; nothing where there are any."""
    if QuickReply.objects.exists():
        return
    for owner, replies in ((None, SHARED), (people["dispatcher"], OWN)):
        for name, body in replies.items():
            reply = QuickReply(owner=owner, name=name, body=body)
            reply.full_clean(exclude=["key"])
            actions.save_quick_reply(reply=reply)
