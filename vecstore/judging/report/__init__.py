"""Pages for people: what was judged, and two spaces beside each other. One file of HTML each."""

from vecstore.judging.report.page import require_writable, write_report

__all__ = ["require_writable", "write_report"]
