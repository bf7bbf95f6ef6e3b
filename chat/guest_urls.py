from django.urls import path

from dispatch_console.methods import by_method

from . import views
from .urls import shared_urlpatterns
from .views import app, home, pushes

app_name = "guest"
urlpatterns = [
    *shared_urlpatterns,
    path("manifest.webmanifest", by_method(get=app.guest_manifest), name="manifest"),
    path("passes/", by_method(post=home.home_pass_create), name="home_pass_list"),
    path(
        "subscriptions/",
        by_method(
            get=pushes.subscription_list, post=pushes.subscription_create, delete=pushes.subscription_list_delete
        ),
        name="subscription_list",
    ),
    path("requests/", by_method(post=views.link_request_create), name="link_request_list"),
]
