from django.conf import settings


def site(request):
    return {"site_name": settings.SITE_NAME, "offers_pushes": bool(settings.VAPID_PUBLIC_KEY)}
