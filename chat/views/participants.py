from django.http import Http404
from django.shortcuts import render

from accounts.viewers import team_door

from .. import actions
from ..forms import ParticipantsForm
from ..models import Participant
from ..refusals import PersonInactive
from .pages import people_panel, people_picker, to_conversation, visible_conversation


@team_door
def participant_list(request, pk):
    conversation = visible_conversation(request, pk)
    return _picker(request, conversation, ParticipantsForm(), request.GET)


@team_door
def participant_create(request, pk):
    conversation = visible_conversation(request, pk)
    form = ParticipantsForm(request.POST)
    if not form.is_valid():
        return _picker(request, conversation, form, request.POST, status=422)
    try:
        actions.add_participants(
            conversation=conversation, people=list(form.cleaned_data["person"]), actor=request.viewer.person
        )
    except PersonInactive as refused:
        form.add_error("person", refused.reason)
        return _picker(request, conversation, form, request.POST, status=422)
    return people_page(request, conversation)


@team_door
def participant_delete(request, pk, person):
    conversation = visible_conversation(request, pk)
    participant = _participant(conversation, person)
    actions.remove_participant(conversation=conversation, person=participant.person, actor=request.viewer.person)
    return people_page(request, conversation)


@team_door
def link_request_delete(request, pk, person):
    """Say that this person needs no new link."""
    conversation = visible_conversation(request, pk)
    participant = _participant(conversation, person)
    actions.dismiss_link_request(conversation=conversation, person=participant.person, actor=request.viewer.person)
    return people_page(request, conversation)


def _participant(conversation, person_id):
    present = Participant.objects.present().filter(conversation=conversation).select_related("person")
    # person__pk and not person: for a number that no database holds, only the former finds nobody.
    participant = present.filter(person__pk=person_id).first()
    if participant is None:
        raise Http404
    return participant


def people_page(request, conversation):
    """The panel's people as they are now, or the conversation for who came by a plain form."""
    if not request.htmx:
        return to_conversation(request, conversation)
    context = {"conversation": conversation, "viewer": request.viewer, **people_panel(conversation)}
    return render(request, "chat/_people.html", context)


def _picker(request, conversation, form, query, status=200):
    context = {
        "section": "chats",
        "viewer": request.viewer,
        "conversation": conversation,
        "form": form,
        **people_picker(query, conversation),
    }
    template = "chat/participant_list.html"
    if request.htmx:
        template += "#people" if request.htmx.target == "pick-list" else "#dialog"
    response = render(request, template, context, status=status)
    if request.htmx and status == 422:
        # The form asked for the panel's people; what is wrong belongs into the dialog.
        response["HX-Retarget"], response["HX-Reswap"] = "#add-people", "innerHTML"
    return response
