import secrets

from accounts.models import AccessLink, digest

from ..models import HomePass
from ..transactions import transaction


@transaction()
def make_home_pass(*, link: AccessLink) -> str:
    """A new pass for the home screen: its token, which cannot be read again."""
    token = secrets.token_urlsafe(24)
    HomePass.objects.create(link=link, token_hash=digest(token))
    newest = HomePass.objects.filter(link=link).order_by("-pk").values_list("pk", flat=True)[: HomePass.LIMIT]
    HomePass.objects.filter(link=link).exclude(pk__in=list(newest)).delete()
    return token
