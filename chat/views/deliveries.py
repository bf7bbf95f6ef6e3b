"""Links that are sent from here, and what was sent and did not arrive."""

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.viewers import team_door

from .. import actions
from ..forms import DeliveryForm
from ..models import Participant
from ..notices.ways import ways_to
from ..refusals import Refused
from .links import guest_of, links_page
from .pages import to_conversation, visible_conversation
from .participants import people_page


@team_door
def delivery_create(request, pk, person):
    """Have the link sent. It is made when it goes out, and shown to nobody here."""
    conversation = visible_conversation(request, pk)
    guest = guest_of(conversation, person)
    form = DeliveryForm(request.POST, ways=ways_to(guest))
    if not form.is_valid():
        return links_page(request, conversation, person, refusal=form.problem, status=422)
    try:
        actions.send_link(conversation=conversation, person=guest, actor=request.viewer.person, **form.cleaned_data)
    except Refused as refused:
        return links_page(request, conversation, person, refusal=refused.reason, status=422)
    except Participant.DoesNotExist:
        raise Http404 from None
    if not request.htmx:
        return to_conversation(request, conversation)
    return links_page(request, conversation, person)


@team_door
def delivery_try_create(request, pk, person, delivery):
    conversation = visible_conversation(request, pk)
    guest = guest_of(conversation, person)
    # delivery=… as a lookup and not a converter's number: what no database holds is nobody's.
    found = get_object_or_404(conversation.deliveries.filter(person=guest), pk=delivery)
    actions.try_again(delivery=found)
    return people_page(request, conversation)
