from django.urls import path

from dispatch_console.methods import by_method

from . import views

app_name = "orders"
urlpatterns = [
    path("orders/", by_method(get=views.order_list), name="order_list"),
    path("orders/<str:reference>/", by_method(get=views.order_detail), name="order_detail"),
]
