from .conversation import Conversation, ConversationQuerySet
from .message import Message, MessageQuerySet
from .participant import Participant, ParticipantQuerySet
from .presence import Presence, PresenceQuerySet
from .quick_reply import QuickReply, QuickReplyQuerySet
from .read_mark import ReadMark

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "MessageQuerySet",
    "Participant",
    "ParticipantQuerySet",
    "Presence",
    "PresenceQuerySet",
    "QuickReply",
    "QuickReplyQuerySet",
    "ReadMark",
]
