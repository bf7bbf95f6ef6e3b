from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import AccessLink, digest


class HomePassQuerySet(models.QuerySet):
    def letting_in(self, token, key):
        """That of this token, if it lets in the browser with this key: anybody while it is new, then who was in."""
        is_new = Q(made_at__gt=timezone.now() - HomePass.LASTS)
        was_in = Q(link__browsers__key_hash=digest(key))
        usable = self.filter(is_new | was_in, link__in=AccessLink.objects.usable(), token_hash=digest(token))
        return usable.select_related("link__person").distinct()


class HomePass(models.Model):
    """Brings a web chat link into an app on the home screen that has cookies of its own, as those of iPhones have.

    The app begins at the pass each time. It stands on one page that its person has asked for, and lets a new browser in
    for an hour; after that it only leads who is in to the chat. It is the same link, and ends with it.
    """

    LASTS = timedelta(hours=1)
    # Of one link. The oldest makes room.
    LIMIT = 20

    link = models.ForeignKey(AccessLink, on_delete=models.CASCADE, related_name="home_passes")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = HomePassQuerySet.as_manager()

    def __str__(self):
        return f"Pass of link {self.link_id}"
