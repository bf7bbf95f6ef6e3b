from .urls import shared_urlpatterns as urlpatterns  # noqa: F401

app_name = "guest"
