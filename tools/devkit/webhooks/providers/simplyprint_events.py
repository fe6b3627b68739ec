"""The events that SimplyPrint sends, as its API's documentation and its own integrations name them."""

__all__ = ["EVENTS"]

_DOCUMENTED = """
balance: adjusted charged refunded topped_up
company: autoprint_state_changed
filament: assigned create delete unassigned update
job: bed_cleared cancelled done failed objects_skipped paused resumed started
maintenance: job_cancelled job_completed job_created job_deleted job_overdue job_reopened job_started job_updated
maintenance: low_stock problem_reported problem_resolved schedule_created schedule_deleted schedule_updated
maintenance: spare_part_created spare_part_deleted spare_part_updated stock_adjusted task_completed task_skipped
organization: user_pending user_signup
printer: ai_failure_detected ai_failure_false_positive ai_state_changed autoprint_max_cycles autoprint_state_changed
printer: custom_tag_assigned custom_tag_detached material_changed nozzle_size_changed out_of_order_state_changed
queue: add_item delete_item empty_queue item_approved item_denied item_pending_approval move_item revive_item
quota: adjusted request_new request_resolved reset
"""


def _events() -> tuple[str, ...]:
    lines = (line.partition(": ") for line in _DOCUMENTED.strip().splitlines())
    return tuple(f"{subject}.{event}" for subject, _, events in lines for event in events.split())


# `test` is what its panel sends when the webhook is tried there.
EVENTS = (*_events(), "test")
