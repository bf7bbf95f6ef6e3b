"""What the box in which one writes offers, and what its form takes."""

from accounts.models import User

from ..forms import MessageForm, TeamMessageForm
from ..models import QuickAnswer, in_own_words


def message_form(viewer, given=None, **options):
    """What this viewer can send: answers to choose from are the team's to offer."""
    return (TeamMessageForm if viewer.is_team else MessageForm)(given, **options)


def answers_at_hand(conversation, viewer) -> dict:
    """What the box offers besides writing: the answers of a guest by one tap, and to the team those it can offer.

    A driver's are there always. A customer's are those of the latest offer, until the customer has written again.
    """
    if viewer.is_team:
        has_customer = any(row.person.role == User.Role.CUSTOMER for row in conversation.people_rows)
        return {"offers": QuickAnswer.objects.of_role(User.Role.CUSTOMER) if has_customer else []}
    offer = conversation.messages.open_offer_to(viewer.person) if viewer.person.role == User.Role.CUSTOMER else None
    if offer:
        return {"offer": offer, "answers": [in_own_words(text) for text in offer.facts["answers"]]}
    return {"answers": [answer.words for answer in QuickAnswer.objects.for_person(viewer.person)]}
