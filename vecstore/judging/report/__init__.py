"""Pages for people: what was judged, and two spaces beside each other. One file of HTML each."""

from vecstore.judging.report.page import write_report
from vecstore.judging.report.spaces import spaces_picture, write_spaces_page
from vecstore.judging.report.writing import require_writable

__all__ = ["require_writable", "spaces_picture", "write_report", "write_spaces_page"]
