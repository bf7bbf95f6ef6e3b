from django.urls import path

from dispatch_console.methods import by_method

from . import settings_views, views
from .turning_off import turn_off

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path(
        "settings/",
        by_method(get=settings_views.settings_detail, post=settings_views.settings_update),
        name="settings",
    ),
    path("c/<str:token>/", views.join, name="join"),
    # Cut off, with what stood behind it in the text, doubled, or all in capitals: the same page, the same answer.
    path("c/", views.join),
    path("c/<path:token>", views.join),
    path("C/<path:token>", views.join),
    path("u/<str:token>/", turn_off, name="turn_off"),
]
