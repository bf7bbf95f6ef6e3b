"""What carries news to people who are not here.

A channel takes a `Letter`, hands it to somebody who delivers it, and returns what they call it. When they do not take
it, it raises `NotSent`, which says why, whether trying again may help, and whether it may have been sent all the same.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db.models import Q

from accounts.models import User

from ..models import Conversation, Delivery


@dataclass(frozen=True)
class Letter:
    """What one try brings to one person. It exists only while it is sent: its address opens the person's chat."""

    delivery: Delivery
    person: User
    conversation: Conversation
    # The person's language, a tag such as "pt-br". Write every word in it.
    language: str
    # The web chat link, complete with its secret; "" where the channel carries none. Neither logged nor stored.
    url: str = field(repr=False)
    # What the conversation is called for this person, on one line.
    about: str
    # Of missed messages, how many, who wrote the last of them, and its beginning, which may be "" by a setting.
    count: int = 0
    author: str = ""
    preview: str = ""

    @property
    def context(self):
        """What the templates of letters show."""
        shown = ("language", "url", "about", "count", "author", "preview")
        return {"site_name": settings.SITE_NAME, **{name: getattr(self, name) for name in shown}}


class NotSent(Exception):
    """The other side has not taken it.

    `problem` is one of Delivery.Problem, `detail` what they said. With `again` it is tried again, not before `after`
    has passed. With `maybe` nobody knows whether they have sent it, so that another channel is not tried too.
    """

    def __init__(self, problem, detail="", *, again=False, after=timedelta(0), maybe=False):
        super().__init__(problem, detail)
        self.problem, self.detail, self.again, self.after, self.maybe = problem, detail, again, after, maybe


class Channel:
    """One way to reach people. `name` is one of Delivery.Channel, and the queue of its tasks."""

    name: str
    # Whether it carries a web chat link, which is then made for each try.
    carries_link = True

    @property
    def is_set_up(self) -> bool:
        """Whether this installation has what it takes."""
        raise NotImplementedError

    def reaching(self) -> Q:
        """The condition on a Participant row that its person may be told of something by this: cheap, and not exact.

        What only a look at the value can tell, `refusal` says.
        """
        raise NotImplementedError

    def refusal(self, person: User) -> tuple[str, str] | None:
        """Why this person cannot be reached by it, as (problem, detail); None when nothing speaks against it."""
        raise NotImplementedError

    def takes_notices(self, person: User) -> bool:
        """Whether the person wants notices by it. A dispatcher may send the link all the same."""
        raise NotImplementedError

    def address_of(self, person: User) -> str:
        """Where it goes, as it is shown to the team."""
        raise NotImplementedError

    def send(self, letter: Letter) -> str:
        """Hand it over, and return what the other side calls it, or "". Takes minutes at most. Raises NotSent."""
        raise NotImplementedError


def channels() -> dict[str, Channel]:
    """Those that are set up, by name, the one that is taken first in front."""
    # Imported here, since each of them imports this.
    from .email import Email
    from .push import Push
    from .sms import Sms

    return {channel.name: channel for channel in (Push(), Sms(), Email()) if channel.is_set_up}


def channel_for_notice(person: User, *, but=()) -> Channel | None:
    """What brings a notice to this person, besides those of the names `but`; None when nothing does.

    What shows by itself on the person's device comes before what they would rather have, and that before the rest.
    Where all that is known is an address that cannot be used, it is that one's channel, which then says so.
    """
    ranks = {Delivery.Channel.PUSH: 0, person.reached_by: 1}
    wanted = [each for each in channels().values() if each.name not in but and each.takes_notices(person)]
    wanted.sort(key=lambda channel: ranks.get(channel.name, 2))
    refusals = [(channel, channel.refusal(person)) for channel in wanted]
    for channel, refusal in refusals:
        if refusal is None:
            return channel
    return next((channel for channel, refusal in refusals if refusal[0] != Delivery.Problem.NO_ADDRESS), None)
