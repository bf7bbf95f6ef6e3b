from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from . import health, views

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(pattern_name="chat:conversation_list"), name="home"),
    path("logout/", views.sign_out, name="logout"),
    path("", include("accounts.urls")),
    path("", include("orders.urls")),
    path("", include("chat.urls")),
    path("g/<slug:link>/", include("chat.guest_urls")),
]
