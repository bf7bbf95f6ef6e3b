"""What somebody has missed of a conversation, by the last that they know of it."""

from typing import NamedTuple

CATCH_UP_PAGE = 200


class Position(NamedTuple):
    """How far a conversation has come: its last message, and its last change of one."""

    number: int
    revision: int


class CatchUp(NamedTuple):
    """What somebody has missed of a conversation: the changes of known messages, and then the new messages.

    Who has got these knows all changes up to `revision`. `more` says that this is not all.
    """

    changes: list
    messages: list
    revision: int
    more: bool


def catch_up_page(conversation, *, after, revision) -> CatchUp:
    """The next page for who has the messages up to number `after`, with their changes up to `revision`.

    `conversation` must have been read before: what is changed since then may come twice, and is never left out.
    """
    # After a restart everybody asks at once, and most have missed nothing: the conversation tells.
    changes, messages = [], []
    if revision < conversation.revision:
        changes = conversation.messages.changed_after(revision, up_to=after, limit=CATCH_UP_PAGE)
    if after < conversation.last_number:
        messages = conversation.messages.after(after, CATCH_UP_PAGE)
    all_changes = len(changes) < CATCH_UP_PAGE
    reached = max(revision, conversation.revision) if all_changes else changes[-1].revision
    return CatchUp(changes, messages, reached, not all_changes or len(messages) == CATCH_UP_PAGE)
