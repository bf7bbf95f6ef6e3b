from django.db import IntegrityError

from ..models import QuickAnswer
from ..refusals import AnswerTaken
from ..transactions import transaction


def save_quick_answer(*, answer: QuickAnswer, place: int | None = None) -> QuickAnswer:
    """Store one that is new or changed, at this place among those of its role: the last where none is given.

    Raises AnswerTaken when another window was faster.
    """
    try:
        with transaction():
            siblings = list(QuickAnswer.objects.of_role(answer.role).exclude(pk=answer.pk).order_by("place", "pk"))
            siblings.insert(len(siblings) if place is None else place - 1, answer)
            answer.place = siblings.index(answer) + 1
            answer.save()
            for at, sibling in enumerate(siblings, start=1):
                sibling.place = at
            QuickAnswer.objects.bulk_update(siblings, ["place"])
    except IntegrityError:
        raise AnswerTaken(answer.text) from None
    return answer


@transaction()
def delete_quick_answer(*, answer: QuickAnswer) -> None:
    """What was said or offered with it stays as it was."""
    answer.delete()
