from django import template

from ..notices.lines import delivery_line, earlier_lines

register = template.Library()

register.filter("delivery_line", delivery_line)
register.filter("earlier_lines", earlier_lines)
