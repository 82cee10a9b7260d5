"""The words that people see first; the call's address, its last day, and the month by which people are told more."""

import re
from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from webapp.desk.designer.day_form import DayForm, in_boxes
from webapp.desk.designer.draft_edits import (
    DRAFT,
    WRITE,
    Answer,
    DraftForm,
    back,
    english,
    form_page,
    long_body,
    saved,
    to_change,
    words_field,
)
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.forms import one_line
from webapp.desk.shared.month_field import check_month_typed, month_typed
from webapp.rules import clock
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.edited_words import with_optional_words, with_words
from webapp.rules.forms.form_definition import FormDefinition, StartPage
from webapp.rules.forms.form_editing import edited
from webapp.rules.neutral_wording import gives_away
from webapp.rules.roles import Act
from webapp.rules.tell_back import Month
from webapp.services.forms.call_drafts import FixedInVersion
from webapp.services.forms.publishing import ADDRESS
from webapp.web.guards import may, takes_words

START_FIELDS: Final = ("who", "asked", "readers", "payment", "limits", "support", "other_ways")


class StartPageForm(DraftForm):
    """Title, summary, and the texts of the start page."""

    title = words_field(
        lazy_gettext("Title"),
        lazy_gettext("Others may see it over a shoulder. It must not say who it is for."),
        needed=WRITE,
    )
    summary = words_field(
        lazy_gettext("Summary"),
        lazy_gettext("One or two sentences on the first page of the site."),
        needed=WRITE,
    )
    audience = words_field(lazy_gettext("Who it is for (optional)"))
    who = words_field(lazy_gettext("Who you are"), needed=WRITE)
    asked = words_field(lazy_gettext("What you ask, and what you do not ask"), needed=WRITE)
    readers = words_field(
        lazy_gettext("Who reads the answers, and what you do with them"), needed=WRITE
    )
    payment = words_field(lazy_gettext("Whether you pay"), needed=WRITE)
    limits = words_field(lazy_gettext("The limits of keeping it private"), needed=WRITE)
    support = words_field(lazy_gettext("That support does not depend on it"), needed=WRITE)
    other_ways = words_field(lazy_gettext("Other ways to take part"), needed=WRITE)

    def edit(self, content: CallDraftContent) -> CallDraftContent:
        """The content with these words."""
        form = content.form
        start = {
            name: with_words(getattr(form.start, name), self[name].data) for name in START_FIELDS
        }
        audience = with_optional_words(form.start.audience, self.audience.data)
        return content.with_form(
            edited(
                form,
                title=with_words(form.title, self.title.data),
                summary=with_words(form.summary, self.summary.data),
                start=StartPage(**start, audience=audience),
            )
        )


def _as_written(form: FormDefinition) -> dict[str, str]:
    start = {name: english(getattr(form.start, name)) for name in ("audience", *START_FIELDS)}
    return {"title": english(form.title), "summary": english(form.summary), **start}


@blueprint.get(f"{DRAFT}/start-page")
@may(Act.WRITE_CALLS)
def designer_start_page(draft_id: UUID) -> Answer:
    """The words as they stand."""
    draft = to_change(draft_id)
    form = StartPageForm(formdata=None, data=_as_written(draft.content.form))
    return form_page("start_page", draft, form)


@blueprint.post(f"{DRAFT}/start-page")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_start_page")
def designer_start_page_post(draft_id: UUID) -> Answer:
    """Save them."""
    draft, form = to_change(draft_id), StartPageForm()
    if form.validate() and saved(form, draft, form.edit, gettext("Changed the start page")):
        return back(draft, "saved")
    return form_page("start_page", draft, form)


class AddressForm(DayForm):
    """The neutral word of the address, the last day for answers, and the month by which people are told what became of
    them. All may wait until publishing."""

    slug = StringField(
        lazy_gettext("Word in the address"),
        filters=[one_line, str.lower],
        description=lazy_gettext(
            "Small letters, digits and hyphens, like “spring-2027”. Browsers remember it and people see it, "
            "so it must not say who the call is for."
        ),
    )
    told_by = StringField(
        lazy_gettext("Month by which you tell people what became of it"),
        filters=[one_line],
        description=lazy_gettext(
            "For example 06/2027, after the month of the last day. People see it before they begin. "
            "By then you write for them what you heard, what you asked for, and what has happened since."
        ),
    )
    promised: Month | None = None

    def validate_slug(self, field: Field) -> None:
        """A neutral word, or nothing yet."""
        if field.data and not re.fullmatch(ADDRESS, field.data):
            raise StopValidation(
                gettext("Use small letters, digits and hyphens for the word in the address")
            )
        if found := gives_away(field.data):
            raise StopValidation(
                gettext("Choose a word that gives nobody away: “%(found)s” does", found=found)
            )

    def validate_day(self, field: Field) -> None:
        """A day that is not over, or nothing yet."""
        if self.has_day and self.date is None:
            raise StopValidation(gettext("Enter a day that is in the calendar, like 31 3 2027"))
        if self.date and self.date < clock.today():
            raise StopValidation(gettext("Enter a last day that is not over"))

    def validate_told_by(self, field: Field) -> None:
        """A month after that of the last day, or nothing yet."""
        self.promised = month_typed(field) if field.data else None
        if self.promised and self.date:
            check_month_typed(self.promised, self.date)

    def edit(self, content: CallDraftContent) -> CallDraftContent:
        """The content with this address, day and month."""
        return content.model_copy(
            update={
                "slug": self.slug.data,
                "closes_on": self.date,
                "tell_back_by": str(self.promised) if self.promised else None,
            }
        )


@blueprint.get(f"{DRAFT}/address")
@may(Act.WRITE_CALLS)
def designer_address(draft_id: UUID) -> Answer:
    """Address, last day and month as they stand."""
    draft = to_change(draft_id)
    if draft.of is not None:
        raise FixedInVersion
    content = draft.content
    told_by = f"{content.month.first_day:%m/%Y}" if content.month else ""
    data = {"slug": content.slug, "told_by": told_by, **in_boxes(content.closes_on)}
    form = AddressForm(formdata=None, data=data)
    return form_page("address", draft, form)


@blueprint.post(f"{DRAFT}/address")
@may(Act.WRITE_CALLS)
def designer_address_post(draft_id: UUID) -> Answer:
    """Save them."""
    draft, form = to_change(draft_id), AddressForm()
    if draft.of is not None:
        raise FixedInVersion
    what = gettext("Changed the address, the last day or the month")
    if form.validate() and saved(form, draft, form.edit, what):
        return back(draft, "saved")
    return form_page("address", draft, form)
