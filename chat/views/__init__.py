from .conversations import (
    closure_create,
    closure_delete,
    conversation_create,
    conversation_detail,
    conversation_list,
    conversation_new,
    order_chat_create,
)
from .links import link_create, link_delete, link_list, link_list_delete
from .messages import file_detail, message_create, message_list, read_create
from .participants import participant_create, participant_delete, participant_list

__all__ = [
    "closure_create",
    "closure_delete",
    "conversation_create",
    "conversation_detail",
    "conversation_list",
    "conversation_new",
    "file_detail",
    "link_create",
    "link_delete",
    "link_list",
    "link_list_delete",
    "message_create",
    "message_list",
    "order_chat_create",
    "participant_create",
    "participant_delete",
    "participant_list",
    "read_create",
]
