from .conversation import Conversation, ConversationQuerySet
from .message import Message, MessageQuerySet
from .participant import Participant, ParticipantQuerySet
from .read_mark import ReadMark

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Message",
    "MessageQuerySet",
    "Participant",
    "ParticipantQuerySet",
    "ReadMark",
]
