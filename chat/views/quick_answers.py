"""What drivers and customers answer by one tap, for the team that words it."""

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.viewers import team_door

from .. import actions
from ..models import QuickAnswer
from ..quick_answer_forms import QuickAnswerForm
from ..refusals import AnswerTaken


@team_door
def quick_answer_list(request):
    return _list_page(request, QuickAnswerForm())


@team_door
def quick_answer_create(request):
    form = QuickAnswerForm(request.POST)
    return _save(form) or _list_page(request, form, status=422)


@team_door
def quick_answer_detail(request, answer):
    answer = get_object_or_404(QuickAnswer, pk=answer)
    return _change_page(request, answer, QuickAnswerForm(instance=answer))


@team_door
def quick_answer_update(request, answer):
    answer = get_object_or_404(QuickAnswer, pk=answer)
    form = QuickAnswerForm(request.POST, instance=answer)
    return _save(form) or _change_page(request, answer, form, status=422)


@team_door
def quick_answer_delete(request, answer):
    actions.delete_quick_answer(answer=get_object_or_404(QuickAnswer, pk=answer))
    return _to_list()


def _save(form):
    """The way back to the list, or None for what cannot be saved: then the form says why."""
    if form.is_valid():
        try:
            actions.save_quick_answer(answer=form.instance, place=form.cleaned_data["place"])
            return _to_list()
        except AnswerTaken as refused:
            form.add_error("text", refused.reason)
    return None


def _to_list():
    return HttpResponseRedirect(reverse("chat:quick_answer_list"), status=303)


def _list_page(request, form, status=200):
    answers = list(QuickAnswer.objects.all())
    roles = [(role, label, [one for one in answers if one.role == role]) for role, label in QuickAnswer.ROLES]
    context = {"section": "answers", "form": form, "roles": roles, "limit": QuickAnswer.LIMIT}
    return render(request, "chat/quick_answer_list.html", context, status=status)


def _change_page(request, answer, form, status=200):
    context = {"section": "answers", "form": form, "answer": answer, "limit": QuickAnswer.LIMIT}
    return render(request, "chat/quick_answer_detail.html", context, status=status)
