from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from .forms import PersonAddForm, PersonChangeForm
from .models import User

# The rule of who may sign in reads role, name and both rights, so every form must hold all four to be able to check it.
WHO = (None, {"fields": ["name", "role", "company", "reference", "language"]})
REACHED = ("Reached by", {"fields": ["phone", "email", "reached_by", "email_notices", "sms_notices"]})
QUIET = ("Quiet hours", {"fields": ["quiet_from", "quiet_until", "time_zone"]})
RIGHTS = ["is_active", "is_staff", "is_superuser"]


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonChangeForm
    add_form = PersonAddForm
    add_form_template = None
    fieldsets = [
        WHO,
        REACHED,
        QUIET,
        ("Signs in (dispatch team only)", {"fields": ["username", "password"]}),
        ("May", {"fields": [*RIGHTS, "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "created_at"]}),
    ]
    add_fieldsets = [
        WHO,
        REACHED,
        ("Signs in (dispatch team only)", {"fields": ["username", "password1", "password2"]}),
        ("May", {"fields": RIGHTS}),
    ]
    readonly_fields = ["last_login", "created_at"]
    list_display = ["name", "role", "company", "phone", "email", "reference", "username", "is_active"]
    list_filter = ["role", "is_active", "is_staff"]
    search_fields = ["name", "username", "phone", "email", "reference", "company"]
    ordering = ["name", "id"]
    list_per_page = 50
