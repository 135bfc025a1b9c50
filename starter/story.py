"""A job's events as the lines of its story."""

from domain import events as e
from domain import spoken as s
from domain import todo_events as t
from domain.answers import Ask, Finish, GiveUp, PlannedCall
from domain.erasure import TextErased
from starter.output import line


def tell(event: e.JobEvent) -> str:
    """One line for an event."""
    match event:
        case e.JobRequested():
            return f"requested by {event.requested_by}: {line(event.goal)}"
        case e.JobOpened():
            return "opened"
        case e.TurnTaken():
            return "has its agent's turn"
        case e.TurnLost():
            return "its workflow was terminated or lost; the agent's turn goes to the next job"
        case e.LossAccepted():
            return f"{event.by} accepted the loss of what the journal lacks, up to version {event.version}"
        case e.ModelAnswered():
            return f"thought: {line(event.says)}{_intent(event)}"
        case e.AnswerInvalid():
            return f"the model's answer did not fit: {line(event.why)}"
        case e.StepFailed():
            return f"{event.move} failed ({event.kind}): {line(event.why)}"
        case e.JobOverdue():
            return "its deadline has passed"
        case _:
            return _listing(event)


def _listing(event: e.JobEvent) -> str:
    match event:
        case e.PlanRevised():
            dropped = f", {len(event.dropped)} dropped" if event.dropped else ""
            return f"plan for revision {event.revision}: {len(event.items)} items to do{dropped}"
        case e.TodoEdited():
            parts = (("added", event.added), ("dropped", event.dropped), ("ticked", event.ticked))
            return "TODO.md edited by hand: " + (", ".join(f"{len(p)} {n}" for n, p in parts if p) or "order")
        case t.VagueAnswered():
            named = "; ".join(f"{item.text!r}: {item.why}" for item in event.items)
            return f"the model's plan is vague, it must break it down: {line(named, 300)}"
        case t.DoubtRaised():
            return "a rule found what only people can settle"
        case t.ItemsWentStale():
            named = ", ".join(item.item for item in event.dropped)
            return f"{len(event.dropped)} items dropped, {event.dropped[0].why}: {line(named)}"
        case t.ItemsArchived():
            return f"{len(event.archived)} items archived: {event.why}"
        case _:
            return _asking(event)


def _intent(event: e.ModelAnswered) -> str:
    match event.intent:
        case PlannedCall(guarded=True):
            return f" → wants to: {line(event.intent.summary)}"
        case PlannedCall():
            return f" → {line(event.intent.summary, 90)}"
        case Ask():
            return " → asks"
        case Finish():
            return " → done"
        case GiveUp():
            return " → gives up"


def _asking(event: e.JobEvent) -> str:
    match event:
        case e.ApprovalRequested():
            return f"waits for approval: {line(event.about)}"
        case e.QuestionAsked():
            return f"asks: {line(event.about, 600)}"
        case e.RequestVoided():
            return f"request {event.request} is void: {event.why}"
        case e.Reminded():
            return f"reminded people of request {event.request}"
        case e.RequestExpired():
            return f"request {event.request} expired, nobody answered: {event.default}"
        case e.JobCompleted():
            return f"completed: {line(event.result)}"
        case e.JobFailed():
            return f"failed: {line(event.why)}"
        case e.JobCancelled():
            return f"cancelled by {event.by}{_why(event.why)}"
        case _:
            return _calling(event)


def _calling(event: e.JobEvent) -> str:
    match event:
        case e.ToolCalled():
            return f"step {event.step}: {line(event.call.summary)} ({event.call.effect})"
        case e.CallRenewed():
            return f"call {event.call} is sent again under the same key"
        case e.ToolReturned():
            asked = " (the target already had it)" if event.how == "asked" else ""
            return f"call {event.call} done{asked}: {line(event.result.text)}"
        case e.ToolFailed():
            return f"call {event.call} had no effect ({event.kind}): {line(event.why)}"
        case e.OutcomeUnknown():
            return f"call {event.call}: nobody can tell whether it happened; a person decides. {line(event.why)}"
        case e.LateOutcome():
            return f"call {event.call}, known late: it {'happened' if event.happened else 'did not happen'}"
        case _:
            return _spoken(event)


def _spoken(event: e.JobEvent) -> str:
    match event:
        case s.RequirementChanged():
            return f"{event.by} changed the requirements (revision {event.revision}): {line(event.text)}"
        case s.InformationGiven():
            return f"{event.by} said: {line(event.text)}"
        case s.QuestionAnswered():
            return f"{event.by} answered request {event.request}: {line(event.text)}"
        case s.ApprovalGranted():
            signed = ", signed" if event.signature else ""
            return f"{event.by} approved request {event.request}{signed}{_why(event.why)}"
        case s.ApprovalDenied():
            return f"{event.by} rejected request {event.request}{_why(event.why)}"
        case s.OutcomeSettled():
            return f"{event.by} settled request {event.request}: {event.verdict}"
        case s.JobPaused():
            return f"{event.by} paused the job{_why(event.why)}"
        case s.JobResumed():
            return f"{event.by} let the job go on{_why(event.why)}"
        case s.CancelRequested():
            return f"{event.by} cancels the job{_why(event.why)}"
        case s.MessageRefused():
            return f"{event.by}: {event.kind} refused, {line(event.why)}"
        case TextErased():
            return f"{event.by} had words erased from version {', '.join(map(str, event.versions))}: {line(event.why)}"
        case _:
            return event.type


def _why(why: str) -> str:
    return f": {line(why)}" if why else ""
