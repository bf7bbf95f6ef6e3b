"""The admin looks and mends; it does not write in anybody's name. Messages are read-only, tokens are never shown."""

from django.contrib import admin, messages

from accounts.models import AccessLink, User

from . import actions
from .models import Conversation, Delivery, Message, Participant, PushSubscription, QuickAnswer, QuickReply
from .quick_answer_forms import QuickAnswerForm
from .quick_reply_forms import QuickReplyForm


class ReadOnly:
    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class ParticipantInline(ReadOnly, admin.TabularInline):
    model = Participant
    fields = ["person", "added_by", "added_at", "removed_at"]
    show_change_link = True
    extra = 0

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("person", "added_by")


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin):
    """Opened, closed and written in at the console, where everybody in it sees who did what."""

    list_display = ["__str__", "order", "created_by", "created_at", "last_activity_at", "human_count", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), ("order", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["order", "created_by"]
    search_fields = ["title", "order__reference", "participants__person__name"]
    date_hierarchy = "created_at"
    inlines = [ParticipantInline]


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["person", "conversation", "added_by", "added_at", "removed_at"]
    list_filter = ["person__role", ("removed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["person", "conversation__order", "added_by"]
    search_fields = ["person__name", "conversation__title", "conversation__order__reference"]


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["__str__", "author", "kind", "created_at", "beginning"]
    list_filter = ["kind", "author__role", "created_at"]
    list_select_related = ["author", "conversation"]
    search_fields = ["body", "author__name", "conversation__order__reference"]
    show_full_result_count = False

    @admin.display(description="text")
    def beginning(self, message):
        return message.body[:80] or message.get_event_display()


@admin.register(AccessLink)
class AccessLinkAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["public_id", "person", "conversation", "made_by", "made_at", "expires_at", "revoked_at", "uses"]
    list_filter = ["person__role", ("revoked_at", admin.EmptyFieldListFilter), "made_at"]
    list_select_related = ["person", "conversation__order", "made_by"]
    search_fields = ["public_id", "person__name", "conversation__order__reference"]
    exclude = ["token_hash"]
    actions = ["revoke"]

    @admin.action(description="Revoke: whoever came in by them is out at once", permissions=["view"])
    def revoke(self, request, queryset):
        if not request.user.has_perm("accounts.change_accesslink"):
            return self.message_user(request, "You may look at links, but not revoke them.", messages.ERROR)
        count = actions.revoke_links(links=queryset)
        return self.message_user(request, f"{count} revoked.")


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnly, admin.ModelAdmin):
    """Browsers that are told of answers, and what became of that. Their addresses and keys are shown to nobody."""

    list_display = ["link", "person", "service", "created_at", "last_ok_at", "failures", "failure"]
    list_filter = [("failure", admin.EmptyFieldListFilter), "created_at"]
    list_select_related = ["link__person"]
    search_fields = ["link__public_id", "link__person__name"]
    fields = ["link", "person", "service", "created_at", "last_ok_at", "failures", "failure"]

    @admin.display(description="person")
    def person(self, subscription):
        return subscription.link.person

    @admin.display(description="push service")
    def service(self, subscription):
        return subscription.service


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    """What was sent to people who were not here, and what became of it."""

    list_display = ["person", "conversation", "kind", "channel", "status", "problem", "tries", "created_at", "sent_at"]
    list_filter = ["status", "channel", "kind", "created_at"]
    list_select_related = ["person", "conversation__order"]
    search_fields = ["person__name", "address", "conversation__order__reference"]


@admin.register(QuickReply)
class QuickReplyAdmin(admin.ModelAdmin):
    """Those for everybody. What each of the team keeps for themselves is theirs alone."""

    form = QuickReplyForm
    list_display = ["name", "body"]
    search_fields = ["name", "body"]
    ordering = ["key"]

    def get_queryset(self, request):
        return super().get_queryset(request).shared()


@admin.register(QuickAnswer)
class QuickAnswerAdmin(admin.ModelAdmin):
    """What drivers and customers answer by one tap. Each of the team may change them at the console too."""

    form = QuickAnswerForm
    fields = ["role", "text", "place"]
    list_display = ["text", "role", "place"]
    list_filter = ["role"]
    ordering = ["role", "place", "pk"]

    def get_changeform_initial_data(self, request):
        return {"role": User.Role.DRIVER}

    def save_model(self, request, answer, form, change):
        actions.save_quick_answer(answer=answer, place=form.cleaned_data["place"])
