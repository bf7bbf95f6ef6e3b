from .conversation import Conversation, ConversationQuerySet
from .delivery import Delivery, DeliveryQuerySet
from .file import MessageFile, MessageFileQuerySet
from .message import Message, MessageQuerySet
from .mute import Mute
from .participant import Participant, ParticipantQuerySet
from .presence import Presence, PresenceQuerySet
from .push_subscription import PushSubscription, PushSubscriptionQuerySet
from .quick_reply import QuickReply, QuickReplyQuerySet
from .read_mark import ReadMark

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Delivery",
    "DeliveryQuerySet",
    "Message",
    "MessageFile",
    "MessageFileQuerySet",
    "MessageQuerySet",
    "Mute",
    "Participant",
    "ParticipantQuerySet",
    "Presence",
    "PresenceQuerySet",
    "PushSubscription",
    "PushSubscriptionQuerySet",
    "QuickReply",
    "QuickReplyQuerySet",
    "ReadMark",
]
