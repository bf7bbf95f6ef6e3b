from django.http import HttpResponseNotAllowed


def by_method(**views):
    """One path, a view for each method. A form, which can only POST, says DELETE by a field `_method`."""
    views = {name.upper(): view for name, view in views.items()}
    allowed = [*views, *(["HEAD"] if "GET" in views else [])]

    def view(request, *args, **kwargs):
        method = "GET" if request.method == "HEAD" else request.method
        if method == "POST" and request.POST.get("_method", "").upper() == "DELETE":
            method = "DELETE"
        if method not in views:
            return HttpResponseNotAllowed(allowed)
        return views[method](request, *args, **kwargs)

    return view
