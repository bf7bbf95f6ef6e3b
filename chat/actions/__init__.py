"""All that changes a conversation. Nothing else writes one.

Each action is one transaction that holds the conversation's row, so that numbers follow each other without a gap in
the order in which they are committed. What people must hear of is told after the commit, and may fail: the database
is the truth, and every reader can catch up from it.
"""

from .conversations import (
    close_conversation,
    end_wait,
    open_order_chat,
    open_person_chat,
    rename_conversation,
    reopen_conversation,
    start_conversation,
)
from .deliveries import (
    note_bounce,
    note_problem,
    note_sent,
    note_stopped,
    send_link,
    send_notice,
    take_delivery,
    try_again,
    wake_again,
)
from .erasure import erase_person
from .files import collect_files, drop_files, store_files
from .home import make_home_pass
from .link_requests import ask_for_link, dismiss_link_request
from .links import make_link, revoke_links
from .messages import Sent, delete_message, edit_message, send_message
from .muting import mute, unmute
from .participants import add_participants, remove_participant
from .presence import note_presence, note_received
from .push import forget_dead_pushes, forget_push, note_push, subscribe, unsubscribe
from .quick_answers import delete_quick_answer, save_quick_answer
from .quick_replies import delete_quick_reply, save_quick_reply
from .reading import mark_read, mark_unread
from .retention import erase_old_conversations

__all__ = [
    "Sent",
    "add_participants",
    "ask_for_link",
    "close_conversation",
    "collect_files",
    "delete_message",
    "delete_quick_answer",
    "delete_quick_reply",
    "dismiss_link_request",
    "drop_files",
    "edit_message",
    "end_wait",
    "erase_old_conversations",
    "erase_person",
    "forget_dead_pushes",
    "forget_push",
    "make_home_pass",
    "make_link",
    "mark_read",
    "mark_unread",
    "mute",
    "note_bounce",
    "note_presence",
    "note_problem",
    "note_push",
    "note_received",
    "note_sent",
    "note_stopped",
    "open_order_chat",
    "open_person_chat",
    "remove_participant",
    "rename_conversation",
    "reopen_conversation",
    "revoke_links",
    "save_quick_answer",
    "save_quick_reply",
    "send_link",
    "send_message",
    "send_notice",
    "start_conversation",
    "store_files",
    "subscribe",
    "take_delivery",
    "try_again",
    "unmute",
    "unsubscribe",
    "wake_again",
]
