from django.urls import path

from . import views

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("c/<str:token>/", views.join, name="join"),
]
