from .conversation import Conversation, ConversationQuerySet
from .delivery import Delivery, DeliveryQuerySet
from .file import MessageFile, MessageFileQuerySet
from .home_pass import HomePass, HomePassQuerySet
from .link_request import LinkRequest, LinkRequestQuerySet
from .message import Message, MessageQuerySet
from .mute import Mute
from .participant import Participant, ParticipantQuerySet
from .presence import Presence, PresenceQuerySet
from .push_subscription import PushSubscription, PushSubscriptionQuerySet
from .quick_answer import QuickAnswer, QuickAnswerQuerySet, in_own_words
from .quick_reply import QuickReply, QuickReplyQuerySet
from .reach import Reach
from .read_mark import ReadMark

__all__ = [
    "Conversation",
    "ConversationQuerySet",
    "Delivery",
    "DeliveryQuerySet",
    "HomePass",
    "HomePassQuerySet",
    "LinkRequest",
    "LinkRequestQuerySet",
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
    "QuickAnswer",
    "QuickAnswerQuerySet",
    "QuickReply",
    "QuickReplyQuerySet",
    "Reach",
    "ReadMark",
    "in_own_words",
]
