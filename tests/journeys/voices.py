"""A speech engine with the voices that a test gives it. A browser without a screen has none of its own."""

from typing import Any

from tests.browser import Person

#: It notes what it is told to say, and stays at its first words until a test lets it end or fail.
ENGINE = """
window.said = []; window.stopped = 0; window.waiting = []; window.voices = VOICES;
window.SpeechSynthesisUtterance = function (text) { this.text = text; };
Object.defineProperty(window, 'speechSynthesis', { value: {
  pending: false,
  getVoices: () => window.voices,
  speak: (one) => {
    window.said.push([one.voice && one.voice.name, one.lang, one.text]); window.waiting.push(one);
  },
  cancel: () => { window.stopped += 1; },
} });
"""
INSIDE = '{ name: "inside", lang: "en-GB", localService: true }'
OUTSIDE = '{ name: "outside", lang: "en-GB", localService: false }'
OTHER = '{ name: "other", lang: "de-DE", localService: true }'
ARABIC = '{ name: "arabic", lang: "ar-EG", localService: true }'


def with_voices(person: Person, *voices: str) -> None:
    """From the next page on, the device has these voices."""
    person.page.add_init_script(ENGINE.replace("VOICES", f"[{', '.join(voices)}]"))


def said(person: Person) -> list[tuple[str, str, str]]:
    """Voice, language and words of all that was said on this page."""
    found: list[Any] = person.page.evaluate("window.said")
    return [(voice, language, words) for voice, language, words in found]
