"""A call is translated at the desk, side by side and without scripts; people are offered what is ready alone."""

from http import HTTPStatus

from tests.integration.desk.test_call_drafts import arrange, give_address, start, version
from tests.integration.desk.worker import Worker
from tests.pages import words
from webapp.rules.forms.draft_languages import draft_texts
from webapp.services.calls import published_calls
from webapp.services.forms import call_drafts
from webapp.services.forms.call_drafts import Draft
from webapp.services.languages import text_reviews

LIKED = "questions.liked.label"


def draft_of(worker: Worker) -> Draft:
    with worker.app.app_context():
        (found,) = call_drafts.listed()[0]
    return found


def begin(worker: Worker, draft: str, code: str = "ar") -> str:
    """Begin a language; the address of its page."""
    worker.get(f"{draft}/languages")
    (form,) = [one for one in worker.page.all("form") if one.get("id") == "begin"]
    data = {one.get("name", ""): one.get("value", "") for one in form.iter("input")}
    assert code in [one.get("value") for one in worker.page.all("button")]
    worker.post(form.get("action", ""), {**data, "language": code})
    return worker.path


def pages_of(worker: Worker, language: str) -> list[str]:
    """The addresses of the pages to translate."""
    worker.get(language)
    return [
        one.get("href", "")
        for one in worker.page.all("a")
        if one.get("href", "").startswith(f"{language}/words/")
    ]


def fields(worker: Worker) -> dict[str, str]:
    return {one.get("name", ""): words(one) for one in worker.page.all("textarea")}


def translate_all(worker: Worker, language: str) -> None:
    """Words for every text of every page that has none."""
    for page in pages_of(worker, language):
        worker.get(page)
        empty = [name for name, said in fields(worker).items() if not said]
        worker.press("Save", **{name: f"عربي {name}" for name in empty})
        assert "Saved." in worker.page.text, page


def review(worker: Worker, language: str, **changes: str) -> None:
    worker.get(language)
    worker.press("All of it was reviewed", **{"by": "Interpreter", **changes})


def row(worker: Worker, draft: str, language: str) -> str:
    """What the list says about one language."""
    worker.get(f"{draft}/languages")
    (found,) = [words(one) for one in worker.page.all("tr") if f"({language})" in words(one)]
    return found


def reword(worker: Worker, draft: str, label: str) -> None:
    worker.get(f"{draft}/question/liked")
    worker.press("Save", label=label)
    assert "Saved." in worker.page.text


def test_a_call_is_published_in_arabic_from_the_desk_alone(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    give_address(worker, draft)
    assert "Not begun" in row(worker, draft, "Arabic")
    # When a coordinator begins Arabic, words that Hearth ships are there, and their own are not
    reword(worker, draft, "What did you like most?")
    arabic = begin(worker, draft)
    assert "Texts that Hearth has in this language already are filled in" in worker.page.text
    assert "30 of 31 texts" in worker.page.text
    # Then the check says that it will be left out, and where it is put right, and does not block
    worker.get(f"{draft}/check")
    assert "Arabic will not be offered: one text is missing." in worker.page.text
    assert "Publish this call" in worker.buttons()
    worker.follow("Put it right")
    assert worker.path == f"{arabic}/words/next-time"
    # When everything is translated, it waits for a review
    translate_all(worker, arabic)
    assert "All 31 texts are there. Nobody has reviewed them yet." in row(worker, draft, "Arabic")
    worker.get(f"{draft}/check")
    assert "Arabic will not be offered: nobody has reviewed it." in worker.page.text
    review(worker, arabic, by="07700 900123")
    assert "Leave out phone numbers" in worker.page.text
    review(worker, arabic, by="")
    assert "Enter who has read them: a role" in worker.page.text
    review(worker, arabic, year="2031")
    assert "Enter the day on which they read them, not one to come" in worker.page.text
    review(worker, arabic)
    assert "Reviewed by: Interpreter" in row(worker, draft, "Arabic")
    worker.get(f"{draft}/check")
    assert "will not be offered" not in worker.page.text
    assert "Arabic" in worker.page.text
    worker.press("Publish this call")
    # Then the call is in both languages, and Languages knows who has read its words
    with worker.app.app_context():
        form = published_calls.find_call("spring").form
        read = text_reviews.reviews_of("ar").values()
    assert {code for text in draft_texts(form).values() for code in text} == {"en", "ar"}
    assert {one.by for one in read} == {"Interpreter"}
    assert worker.tags()[:2] == ["words reviewed", "call published"]


def test_what_is_not_ready_is_not_published(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    give_address(worker, draft)
    arabic = begin(worker, draft)
    translate_all(worker, arabic)
    review(worker, arabic)
    # When the English changes after the review
    reword(worker, draft, "What was good?")
    assert "All 31 texts are there, but one text is older than the English" in row(
        worker, draft, "Arabic"
    )
    worker.get(f"{draft}/check")
    assert "Arabic will not be offered: one text is older than the English." in worker.page.text
    worker.press("Publish this call")
    assert "Published. The call is open now." in worker.page.text
    with worker.app.app_context():
        form = published_calls.find_call("spring").form
    assert {code for text in draft_texts(form).values() for code in text} == {"en"}


def test_older_words_show_what_they_were_made_from_and_are_put_right(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    arabic = begin(worker, draft)
    translate_all(worker, arabic)
    was = draft_of(worker).content.form.question("liked").label["en"]
    reword(worker, draft, "What was good?")
    # When the page is opened
    worker.get(f"{arabic}/words/next-time")
    assert "The translation is older than the English. It was made from:" in worker.page.text
    assert was in worker.page.text
    # And every field says its language and direction
    boxes = worker.page.all("textarea")
    assert {(one.get("lang"), one.get("dir")) for one in boxes} == {("ar", "rtl")}
    # When it is saved as it is, the mark stays; when it is said to be right, it goes
    worker.press("Save")
    worker.get(f"{arabic}/words/next-time")
    assert "older than the English" in worker.page.text
    worker.press("Save", **{"still-right": [LIKED]})
    worker.get(f"{arabic}/words/next-time")
    assert "older than the English" not in worker.page.text
    # And undo brings the mark back
    worker.get(draft)
    worker.press("Undo")
    worker.get(f"{arabic}/words/next-time")
    assert "older than the English" in worker.page.text


def test_refused_words_are_shown_again_and_hidden_characters_are_gone(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    arabic = begin(worker, draft)
    worker.get(f"{arabic}/words/next-time")
    worker.press("Save", **{LIKED: "ن" * 2_003, "pages.next-time.title": "عنوان"})
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "Make this 3 letters shorter" in worker.page.text
    assert fields(worker)["pages.next-time.title"] == "عنوان"
    # Bidi overrides and control characters are removed; what nobody could see is no translation
    overridden = "\u202eنعم\u2066\x07"
    worker.press("Save and go on", **{LIKED: overridden, "pages.next-time.title": "\u200d \u200e"})
    form = draft_of(worker).content.form
    assert form.question("liked").label["ar"] == "نعم"
    assert "ar" not in form.page("next-time").title
    # And the next page to translate is open
    assert worker.path == f"{arabic}/words/_readers"


def test_two_translators_lose_nothing(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    arabic = begin(worker, draft)
    page = f"{arabic}/words/next-time"
    worker.get(page)
    empty, stale = fields(worker), version(worker)
    token = next(
        one.get("value", "") for one in worker.page.all("input") if one.get("name") == "csrf_token"
    )
    sent = {**empty, "csrf_token": token, "version": stale}
    # Given another who has saved another page meanwhile
    worker.get(f"{arabic}/words/_start")
    worker.press("Save", title="عنوان")
    # When the first saves, nothing is asked: the page is as it was shown
    worker.post(page, {**sent, LIKED: "أول"})
    assert "Saved." in worker.page.text
    # But when the page was changed, what was typed is shown beside it
    reword(worker, draft, "What was good?")
    worker.post(page, {**sent, "pages.next-time.title": "لي", LIKED: "ثان"})
    assert worker.status == HTTPStatus.CONFLICT
    assert "Not saved yet, because the draft was changed while you wrote" in worker.page.text
    assert "The English was changed while you wrote. It was:" in worker.page.text
    assert "Someone else saved these words while you wrote: أول" in worker.page.text
    assert fields(worker)[LIKED] == "ثان"
    # And the next press saves it, made from the English that stands now
    worker.press("Save")
    form = draft_of(worker).content.form
    assert (form.question("liked").label["ar"], form.page("next-time").title["ar"]) == ("ثان", "لي")
    worker.get(page)
    assert "older than the English" not in worker.page.text
    # And a field that was left as it was shown does not take back what another wrote there
    worker.post(page, {**sent, "questions.better.label": "أفضل"})
    assert fields(worker)[LIKED] == "ثان"
    worker.press("Save")
    assert draft_of(worker).content.form.question("liked").label["ar"] == "ثان"
    # When a question is deleted meanwhile, and then the page, what was typed can still be read
    stale = version(worker.get(page) and worker)
    arrange(worker, draft, "question delete better")
    worker.post(page, {**sent, "version": stale, "questions.better.label": "وداعا"})
    assert "These texts are not on this page any more" in worker.page.text
    assert "وداعا" in worker.page.text
    arrange(worker, draft, "page delete next-time")
    worker.post(page, {**sent, "version": stale, LIKED: "إلى اللقاء"})
    assert "someone deleted this meanwhile" in worker.page.text
    assert fields(worker)[LIKED] == "إلى اللقاء"


def test_a_draft_language_is_previewed_from_right_to_left(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker, "participants")
    arabic = begin(worker, draft)
    worker.get(arabic)
    worker.follow("Preview in this language")
    # The page is Arabic in the participants' own template, with Arabic buttons, and its frame is English
    (html,) = worker.page.all("html")
    assert (html.get("lang"), html.get("dir")) == ("ar", "rtl")
    assert draft_of(worker).content.form.pages[0].title["ar"] in worker.page.text
    band = next(one for one in worker.page.all("section") if "preview of a draft" in words(one))
    assert (band.get("lang"), band.get("dir")) == ("en", "ltr")
    (frame,) = [one for one in worker.page.all("fieldset") if "disabled" in one.attrib]
    assert not any(words(one).isascii() for one in frame.iter("button"))
    # And its links stay in the language
    worker.follow("The next page")
    assert worker.page.all("html")[0].get("dir") == "rtl"
    worker.follow("Back to the translation")
    assert worker.path == arabic
    assert worker.page.all("html")[0].get("dir") == "ltr"
    # Another language than ours shows the English
    worker.get(f"{draft}/preview/{draft_of(worker).content.form.pages[0].key}?language=xx")
    assert worker.page.all("html")[0].get("lang") == "en"


def test_a_language_is_taken_out_and_comes_back(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    arabic = begin(worker, draft)
    worker.get(arabic)
    worker.press("Take this language out")
    assert "The language is taken out" in worker.page.text
    assert "Not begun" in row(worker, draft, "Arabic")
    worker.get(draft)
    worker.press("Undo")
    assert "All 31 texts are there" in row(worker, draft, "Arabic")
    # English is nothing to translate into, nor is a language that Hearth does not have
    for code in ("en", "xx"):
        worker.get(f"{draft}/languages/{code}")
        assert worker.status == HTTPStatus.NOT_FOUND
    worker.get(f"{arabic}/words/nothing")
    assert worker.status == HTTPStatus.NOT_FOUND


def test_a_translators_file_goes_out_and_comes_in(page_worker: Worker) -> None:
    worker = page_worker
    draft = start(worker)
    arabic = begin(worker, draft)
    worker.get(arabic)
    worker.follow("Give a translator a file, or take one in")
    file = worker.download(f"{arabic}/file/download")
    assert file.headers["Content-Disposition"].endswith('.po"')
    sent = file.get_data(as_text=True)
    # When the translator has done one text, and another is not in the call any more
    english = draft_of(worker).content.form.title["en"]
    done = f'msgctxt "title"\nmsgid "{english}"\nmsgstr "كيف كان؟"\n'
    gone = 'msgctxt "questions.gone.label"\nmsgid "Gone"\nmsgstr "ذهب"\n'
    worker.get(f"{arabic}/file")
    worker.press("Take it in", file=f"{done}\n{gone}")
    # Then it is said what was taken and what was not
    assert "One translation was taken in." in worker.page.text
    assert "One entry was left out: its text is not in this call any more." in worker.page.text
    assert draft_of(worker).content.form.title["ar"] == "كيف كان؟"
    # And what cannot be read, is in another language, or belongs to another call changes nothing
    before = draft_of(worker).version
    for pasted, said in (
        ("no file", "this is not a file from this page, or it was damaged"),
        (gone, "no entry belongs to a text of this call"),
        (sent.replace("Language: ar", "Language: so"), "the file says that it is in Somali"),
        (done.replace("كيف كان؟", "ك" * 2_001), "is one letter too long"),
    ):
        worker.get(f"{arabic}/file")
        worker.press("Take it in", file=pasted)
        assert worker.status == HTTPStatus.BAD_REQUEST
        assert "Nothing was taken in" in worker.page.text
        assert said in worker.page.text
    assert draft_of(worker).version == before
    # And one undo takes the whole file back
    worker.get(draft)
    worker.press("Undo")
    assert draft_of(worker).content.form.title["ar"] == "كيف كان الاجتماع؟"
