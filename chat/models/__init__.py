from .conversation import Conversation, ConversationQuerySet
from .message import Message, MessageQuerySet
from .mute import Mute
from .participant import Participant, ParticipantQuerySet
from .presence import Presence, PresenceQuerySet
from .quick_reply import QuickReply, QuickReplyQuerySet
from .read_mark import ReadMark

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "MessageQuerySet",
    "Mute",
    "Participant",
    "ParticipantQuerySet",
    "Presence",
    "PresenceQuerySet",
    "QuickReply",
    "QuickReplyQuerySet",
    "ReadMark",
]
