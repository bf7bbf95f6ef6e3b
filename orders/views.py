from django.shortcuts import get_object_or_404, render

from accounts.viewers import team_door

from .forms import OrderFilter
from .models import Order
from .timeline import timeline_of

PAGE = 50


@team_door
def order_list(request):
    form = OrderFilter(request.GET)
    valid = form.is_valid()
    asked = {name: value for name, value in form.cleaned_data.items() if value}
    found = Order.objects.search(asked.get("q", ""))
    page = found.of_status(asked.get("status")).page_before(asked.get("before"), PAGE + 1) if valid else []
    context = {
        "section": "orders",
        "form": form,
        "asked": asked,
        "statuses": form.statuses(found.count_by_status()),
        "orders": page[:PAGE],
        "more": len(page) > PAGE,
    }
    template = "orders/order_list.html#results" if request.htmx else "orders/order_list.html"
    return render(request, template, context, status=200 if valid else 422)


@team_door
def order_detail(request, reference):
    order = get_object_or_404(Order.objects.named(reference).select_related("customer", "driver"))
    context = {"section": "orders", "order": order, "timeline": timeline_of(order)}
    return render(request, "orders/order_detail.html", context)
