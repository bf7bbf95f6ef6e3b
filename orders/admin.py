from django.contrib import admin

from .models import Order, OrderEvent
from .news import tell_changed


class OrderEventInline(admin.TabularInline):
    """What happened is a record: it can be read here, and changed nowhere."""

    model = OrderEvent
    fields = readonly_fields = ["at", "kind", "detail", "actor"]
    extra = 0
    can_delete = False

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("actor")

    def has_add_permission(self, request, obj=None):
        return False


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["reference", "status", "customer", "driver", "dropoff_city", "promised_for"]
    list_filter = ["status", "dropoff_country", ("driver", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["customer", "driver"]
    list_per_page = 50
    search_fields = ["reference", "customer__name", "customer__company", "driver__name"]
    autocomplete_fields = ["customer", "driver"]
    readonly_fields = ["created_at"]
    inlines = [OrderEventInline]

    def save_model(self, request, order, form, change):
        before = Order.objects.select_related("driver").get(pk=order.pk) if change else None
        super().save_model(request, order, form, change)
        if before:
            changes = order.note_changes(driver=before.driver, status=before.status, actor=request.user)
            OrderEvent.objects.bulk_create(changes)
            tell_changed([order])
