from django.utils import timezone

from accounts.models import AccessLink

from ..models import PushSubscription
from ..transactions import transaction
from ..wording import one_line


@transaction()
def subscribe(*, link: AccessLink, endpoint: str, p256dh: str, auth: str) -> PushSubscription:
    """Note a browser that wants to be told, or its new keys. Beyond the limit, the stalest one makes room."""
    theirs = PushSubscription.objects.filter(link=link)
    subscription, _ = theirs.update_or_create(
        link=link, endpoint=endpoint, defaults={"p256dh": p256dh, "auth": auth, "failures": 0, "failure": ""}
    )
    others = theirs.exclude(pk=subscription.pk).stalest_first()
    surplus = others.count() + 1 - PushSubscription.LIMIT
    if surplus > 0:
        theirs.filter(pk__in=list(others.values_list("pk", flat=True)[:surplus])).delete()
    return subscription


@transaction()
def unsubscribe(*, link: AccessLink, endpoint: str | None = None) -> int:
    """Tell this browser nothing more, or none that came by this link. The number of those that were told before."""
    theirs = PushSubscription.objects.filter(link=link)
    return (theirs.filter(endpoint=endpoint) if endpoint else theirs).delete()[0]


@transaction()
def note_push(*, subscription: PushSubscription, failure: str = "") -> None:
    """Note how a push went. One that is refused again and again is given up."""
    if not failure:
        PushSubscription.objects.filter(pk=subscription.pk).update(last_ok_at=timezone.now(), failures=0, failure="")
    elif subscription.failures + 1 >= PushSubscription.PATIENCE:
        PushSubscription.objects.filter(pk=subscription.pk).delete()
    else:
        PushSubscription.objects.filter(pk=subscription.pk).update(
            failures=subscription.failures + 1, failure=one_line(failure, 200)
        )


@transaction()
def forget_push(*, subscription: PushSubscription) -> None:
    """The browser's push service knows it no longer."""
    PushSubscription.objects.filter(pk=subscription.pk).delete()


@transaction()
def forget_dead_pushes() -> int:
    """Remove the subscriptions of links that open nothing any more. The number of them."""
    return PushSubscription.objects.dead().delete()[0]
