from .conversations import (
    closure_create,
    closure_delete,
    conversation_create,
    conversation_detail,
    conversation_list,
    conversation_new,
    order_chat_create,
    title_detail,
    title_update,
    wait_delete,
)
from .deliveries import delivery_create, delivery_try_create
from .files import file_detail
from .link_requests import link_request_create
from .links import link_create, link_delete, link_list, link_list_delete
from .messages import (
    message_create,
    message_delete,
    message_detail,
    message_list,
    message_update,
)
from .notifications import call_list, mute_create, mute_delete, notification_detail, notification_test_create
from .participants import link_request_delete, participant_create, participant_delete, participant_list
from .people import person_chat_create, person_detail
from .presence import presence_list
from .reads import read_create, read_list
from .transcripts import transcript_detail

__all__ = [
    "call_list",
    "closure_create",
    "closure_delete",
    "conversation_create",
    "conversation_detail",
    "conversation_list",
    "conversation_new",
    "delivery_create",
    "delivery_try_create",
    "file_detail",
    "link_create",
    "link_delete",
    "link_list",
    "link_list_delete",
    "link_request_create",
    "link_request_delete",
    "message_create",
    "message_delete",
    "message_detail",
    "message_list",
    "message_update",
    "mute_create",
    "mute_delete",
    "notification_detail",
    "notification_test_create",
    "order_chat_create",
    "participant_create",
    "participant_delete",
    "participant_list",
    "person_chat_create",
    "person_detail",
    "presence_list",
    "read_create",
    "read_list",
    "title_detail",
    "title_update",
    "transcript_detail",
    "wait_delete",
]
