"""Questions that answer back: choices and numbers, each answer with feedback of its own."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import traitlets

from attend.widgets.base import AttendWidget

_CHOICE_KEYS = {"text", "correct", "feedback"}
_CHOICES_KEYS = {"question", "choices", "several"}
_NUMBER_KEYS = {"question", "answer", "tolerance", "unit", "feedback", "mistakes"}
_MISTAKE_KEYS = {"answer", "tolerance", "feedback"}


class Quiz(AttendWidget, module="quiz"):
    """A short quiz: multiple choice and numbers, with feedback for each answer.

    ``questions`` is a list of dictionaries of two kinds. Texts are plain, with ``code`` between backticks
    and mathematics in Unicode (√dₖ, Σ, ≤).

    A question with choices; several may be correct, and then the reader ticks boxes. ``"several": True``
    asks for boxes even where one choice is correct::

        {"question": "What do the weights of one query add up to?",
         "choices": [
             {"text": "1", "correct": True, "feedback": "Softmax divides by the sum."},
             {"text": "√d", "correct": False, "feedback": "√d scales the scores, before softmax."}]}

    A question whose answer is a number, right within ``tolerance`` (an absolute distance). ``unit`` and
    ``mistakes`` (wrong answers worth a word of their own) may be left out::

        {"question": "What is softmax of two equal scores, for the first?",
         "answer": 0.5, "tolerance": 0.005, "unit": "",
         "feedback": {"right": "Equal scores share the weight.", "wrong": "Which score is larger?"},
         "mistakes": [{"answer": 1, "tolerance": 0.005, "feedback": "That would leave none for the other."}]}

    Raises traitlets.TraitError that names the question and what is missing or wrong.
    """

    title = traitlets.Unicode("Check yourself").tag(sync=True)
    questions = traitlets.List().tag(sync=True)

    def __init__(self, questions: Sequence[Any], title: str = "Check yourself", **kwargs: Any):
        super().__init__(questions=list(questions), title=title, **kwargs)

    @classmethod
    def from_file(cls, path: str | Path) -> Quiz:
        """Read a quiz from a JSON file: ``{"title": …, "questions": […]}``; the title may be left out.

        A relative path starts at the working folder, which for a notebook is the notebook's own.
        Raises FileNotFoundError, ValueError (not JSON, or no questions in it) or traitlets.TraitError
        (a question at fault); each message names the file.
        """
        path = Path(path)
        if not path.is_file():
            raise FileNotFoundError(f"no quiz file at {path} (looked in {path.resolve().parent})")
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(f"{path.name} is not valid JSON in UTF-8: {error}") from error
        if not isinstance(content, dict) or not isinstance(content.get("questions"), list):
            raise ValueError(f'{path.name}: expected an object such as {{"questions": […]}}')
        if unknown := sorted(content.keys() - {"title", "questions"}):
            raise ValueError(f"{path.name}: unknown key {unknown[0]!r}; expected 'title' and 'questions'")
        try:
            return cls(**content)
        except traitlets.TraitError as error:
            raise traitlets.TraitError(f"{path.name}: {error}") from error

    @traitlets.validate("questions")
    def _check_questions(self, proposal: Any) -> list[dict[str, Any]]:
        questions = proposal["value"]
        if not questions:
            raise traitlets.TraitError("questions: the quiz is empty; expected at least 1 question")
        return [_checked(question, number) for number, question in enumerate(questions, start=1)]

    def describe(self) -> str:
        """Return one sentence: the title and the number of questions."""
        count = len(self.questions)
        return f"{self.title}, {count} {'question' if count == 1 else 'questions'}"

    def fallback_html(self) -> str:
        """Return the quiz as HTML that works with JavaScript off: each choice opens to show its feedback."""
        items = "".join(f"<li>{_static_question(question)}</li>" for question in self.questions)
        title = f"<p><strong>{_inline(self.title)}</strong></p>"
        return f'<div class="attend-quiz-static">{title}<ol>{items}</ol></div>'


def _checked(question: Any, number: int) -> dict[str, Any]:
    """Return the question in full, or raise TraitError that says which part of it is at fault."""
    place = f"questions: question {number}"
    if not isinstance(question, Mapping):
        raise traitlets.TraitError(f"{place} is {question!r}; expected a dictionary")
    text = _text(question, "question", place)
    place += f" ({text if len(text) <= 40 else text[:39] + '…'})"
    if ("choices" in question) == ("answer" in question):
        raise traitlets.TraitError(f"{place} needs either 'choices' or 'answer' (a number), and not both")
    return (_checked_choices if "choices" in question else _checked_number)(question, text, place)


def _checked_choices(question: Mapping[str, Any], text: str, place: str) -> dict[str, Any]:
    _only(question, _CHOICES_KEYS, place)
    given = question["choices"]
    if not isinstance(given, Sequence) or isinstance(given, str) or len(given) < 2:
        size = len(given) if isinstance(given, Sequence) and not isinstance(given, str) else repr(given)
        raise traitlets.TraitError(f"{place} has choices: {size}; expected a list of at least 2")
    choices = []
    for number, choice in enumerate(given, start=1):
        where = f"{place}, choice {number}"
        if not isinstance(choice, Mapping):
            raise traitlets.TraitError(f"{where} is {choice!r}; expected a dictionary")
        _only(choice, _CHOICE_KEYS, where)
        if not isinstance(choice.get("correct"), bool):
            raise traitlets.TraitError(
                f"{where}: 'correct' is {choice.get('correct')!r}; expected True or False"
            )
        choices.append(
            {
                "text": _text(choice, "text", where),
                "correct": choice["correct"],
                "feedback": _text(choice, "feedback", where),
            }
        )
    texts = [choice["text"] for choice in choices]
    if repeated := [choice for choice in texts if texts.count(choice) > 1]:
        raise traitlets.TraitError(f"{place} offers the choice {repeated[0]!r} twice")
    correct = sum(choice["correct"] for choice in choices)
    if correct == 0:
        raise traitlets.TraitError(f"{place} has no correct choice; expected at least 1")
    several = question.get("several", correct > 1 or question.get("kind") == "several")
    if not isinstance(several, bool) or (correct > 1 and not several):
        raise traitlets.TraitError(
            f"{place}: 'several' is {several!r} with {correct} correct choices; expected True or nothing"
        )
    return {"kind": "several" if several else "one", "question": text, "choices": choices}


def _checked_number(question: Mapping[str, Any], text: str, place: str) -> dict[str, Any]:
    _only(question, _NUMBER_KEYS, place)
    feedback = question.get("feedback")
    if not isinstance(feedback, Mapping):
        raise traitlets.TraitError(
            f"{place}: 'feedback' is {feedback!r}; expected {{'right': …, 'wrong': …}}"
        )
    _only(feedback, {"right", "wrong"}, f"{place}, feedback")
    answer, tolerance = _number(question, "answer", place), _tolerance(question, place)
    mistakes = []
    for number, mistake in enumerate(question.get("mistakes", []), start=1):
        where = f"{place}, mistake {number}"
        if not isinstance(mistake, Mapping):
            raise traitlets.TraitError(f"{where} is {mistake!r}; expected a dictionary")
        _only(mistake, _MISTAKE_KEYS, where)
        wrong = _number(mistake, "answer", where)
        if abs(wrong - answer) <= tolerance:
            raise traitlets.TraitError(
                f"{where}: {wrong:g} counts as right (answer {answer:g} ± {tolerance:g})"
            )
        mistakes.append(
            {
                "answer": wrong,
                "tolerance": _tolerance(mistake, where),
                "feedback": _text(mistake, "feedback", where),
            }
        )
    unit = question.get("unit", "")
    if not isinstance(unit, str):
        raise traitlets.TraitError(f"{place}: 'unit' is {unit!r}; expected text")
    return {
        "kind": "number",
        "question": text,
        "answer": answer,
        "tolerance": tolerance,
        "unit": unit,
        "feedback": {key: _text(feedback, key, f"{place}, feedback") for key in ("right", "wrong")},
        "mistakes": mistakes,
    }


def _only(part: Mapping[str, Any], known: set[str], place: str) -> None:
    # The checked form carries its kind, so that a quiz can be built from another quiz's questions.
    if unknown := sorted(map(str, part.keys() - known - {"kind"})):
        raise traitlets.TraitError(f"{place}: unknown key {unknown[0]!r}; expected {sorted(known)}")


def _text(part: Mapping[str, Any], key: str, place: str) -> str:
    value = part.get(key)
    if not isinstance(value, str) or not value.strip():
        raise traitlets.TraitError(f"{place}: {key!r} is {value!r}; expected a sentence for the reader")
    if value.count("`") % 2:
        raise traitlets.TraitError(f"{place}: {key!r} has a backtick without its partner: {value!r}")
    return value.strip()


def _number(part: Mapping[str, Any], key: str, place: str) -> float:
    value = part.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise traitlets.TraitError(f"{place}: {key!r} is {value!r}; expected a finite number")
    return float(value)


def _tolerance(part: Mapping[str, Any], place: str) -> float:
    tolerance = _number(part, "tolerance", place)
    if tolerance < 0:
        raise traitlets.TraitError(f"{place}: 'tolerance' is {tolerance:g}; expected 0 or more")
    return tolerance


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text))


def _static_question(question: Mapping[str, Any]) -> str:
    def opens(summary: str, verdict: str, feedback: str) -> str:
        return f"<details><summary>{summary}</summary><p>{verdict} {_inline(feedback)}</p></details>"

    head = f"<p>{_inline(question['question'])}</p>"
    if question["kind"] == "number":
        answer = f"{question['answer']:g} {escape(question['unit'])}".strip()
        return head + opens("Answer", f"<strong>{answer}.</strong>", question["feedback"]["right"])
    if question["kind"] == "several":
        head += "<p>More than one may be right.</p>"
    return head + "".join(
        opens(
            _inline(choice["text"]),
            f"<strong>{'Right.' if choice['correct'] else 'Not this one.'}</strong>",
            choice["feedback"],
        )
        for choice in question["choices"]
    )
