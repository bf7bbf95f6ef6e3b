from django.urls import path

from dispatch_console.methods import by_method

from . import views
from .consumers import ChatConsumer
from .views import app, home, quick_answers, quick_replies

# Behind both doors: for the team at the root, for guests below /g/<link>/.
shared_urlpatterns = [
    path(
        "chats/",
        by_method(get=views.conversation_list, post=views.conversation_create),
        name="conversation_list",
    ),
    path("chats/<int:pk>/", by_method(get=views.conversation_detail), name="conversation_detail"),
    path(
        "chats/<int:pk>/messages/",
        by_method(get=views.message_list, post=views.message_create),
        name="message_list",
    ),
    path(
        "chats/<int:pk>/messages/<int:number>/",
        by_method(get=views.message_detail, post=views.message_update, delete=views.message_delete),
        name="message_detail",
    ),
    path(
        "chats/<int:pk>/messages/<int:number>/files/<int:file>/", by_method(get=views.file_detail), name="file_detail"
    ),
    path("chats/<int:pk>/presence/", by_method(get=views.presence_list), name="presence_list"),
    path("chats/<int:pk>/reads/", by_method(get=views.read_list, post=views.read_create), name="read_list"),
    path("chats/<int:pk>/transcript/", by_method(get=views.transcript_detail), name="transcript"),
]

app_name = "chat"
urlpatterns = [
    *shared_urlpatterns,
    path("orders/<str:reference>/chat/", by_method(post=views.order_chat_create), name="order_chat"),
    path("people/<int:person>/", by_method(get=views.person_detail), name="person_detail"),
    path("people/<int:person>/chat/", by_method(post=views.person_chat_create), name="person_chat"),
    path("chats/new/", by_method(get=views.conversation_new), name="conversation_new"),
    path(
        "chats/<int:pk>/participants/",
        by_method(get=views.participant_list, post=views.participant_create),
        name="participant_list",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/",
        by_method(delete=views.participant_delete),
        name="participant_detail",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/links/",
        by_method(get=views.link_list, post=views.link_create, delete=views.link_list_delete),
        name="link_list",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/links/<slug:public_id>/",
        by_method(delete=views.link_delete),
        name="link_detail",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/deliveries/",
        by_method(post=views.delivery_create),
        name="delivery_list",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/deliveries/<int:delivery>/tries/",
        by_method(post=views.delivery_try_create),
        name="delivery_try_list",
    ),
    path(
        "chats/<int:pk>/participants/<int:person>/request/",
        by_method(delete=views.link_request_delete),
        name="link_request",
    ),
    path("chats/<int:pk>/replies/", by_method(get=quick_replies.conversation_reply_list), name="conversation_replies"),
    path(
        "replies/",
        by_method(get=quick_replies.quick_reply_list, post=quick_replies.quick_reply_create),
        name="quick_reply_list",
    ),
    path(
        "replies/<int:reply>/",
        by_method(
            get=quick_replies.quick_reply_detail,
            post=quick_replies.quick_reply_update,
            delete=quick_replies.quick_reply_delete,
        ),
        name="quick_reply_detail",
    ),
    path(
        "answers/",
        by_method(get=quick_answers.quick_answer_list, post=quick_answers.quick_answer_create),
        name="quick_answer_list",
    ),
    path(
        "answers/<int:answer>/",
        by_method(
            get=quick_answers.quick_answer_detail,
            post=quick_answers.quick_answer_update,
            delete=quick_answers.quick_answer_delete,
        ),
        name="quick_answer_detail",
    ),
    path("chats/<int:pk>/wait/", by_method(delete=views.wait_delete), name="wait"),
    path("chats/<int:pk>/title/", by_method(get=views.title_detail, post=views.title_update), name="title"),
    path(
        "chats/<int:pk>/closure/",
        by_method(post=views.closure_create, delete=views.closure_delete),
        name="closure",
    ),
    path(
        "chats/<int:pk>/mute/",
        by_method(post=views.mute_create, delete=views.mute_delete),
        name="mute",
    ),
    path("manifest.webmanifest", by_method(get=app.console_manifest), name="manifest"),
    path("h/<str:token>/", by_method(get=home.home_detail, post=home.home_enter), name="home"),
    path("h/<str:token>/manifest.webmanifest", by_method(get=home.home_manifest), name="home_manifest"),
    path("sw.js", by_method(get=app.worker), name="worker"),
    path("offline/", by_method(get=app.offline), name="offline"),
    path("notifications/", by_method(get=views.notification_detail), name="notification_detail"),
    path("notifications/calls/", by_method(get=views.call_list), name="call_list"),
    path("notifications/tests/", by_method(post=views.notification_test_create), name="notification_test_list"),
]

websocket_urlpatterns = [
    path("ws/", ChatConsumer.as_asgi()),
    path("g/<slug:link>/ws/", ChatConsumer.as_asgi()),
]
