"""The quiz: what Python refuses, how answers are graded, and the page by mouse, touch and keyboard."""

import json
import re

import pytest
import traitlets
from javascript import evaluate, evaluate_all
from page import axe_violations, mount, set_traits, sideways_overflow

from attend.widgets.quiz import Quiz

ONE = {
    "question": "What do the weights of one query add up to?",
    "choices": [
        {"text": "1", "correct": True, "feedback": "`softmax` divides by the sum."},
        {"text": "√d", "correct": False, "feedback": "√d scales the scores, <b>before</b> softmax."},
        {"text": "It depends", "correct": False, "feedback": "On what? Add up a row."},
    ],
}
SEVERAL = {
    "question": "Which of these change the weights?",
    "choices": [
        {"text": "a larger temperature", "correct": True, "feedback": "It flattens them."},
        {"text": "adding 3 to every score", "correct": False, "feedback": "Shifts cancel."},
        {"text": "doubling every score", "correct": True, "feedback": "It sharpens them."},
    ],
}
NUMBER = {
    "question": "softmax of (0, 0), first entry?",
    "answer": 0.5,
    "tolerance": 0.01,
    "unit": "share",
    "feedback": {"right": "Equal scores share.", "wrong": "Which score is larger?"},
    "mistakes": [{"answer": 1, "tolerance": 0.01, "feedback": "That leaves none for the other."}],
}


@pytest.fixture
def quiz():
    return Quiz([ONE, SEVERAL, NUMBER], title="Check `softmax`")


# Python


def without(question, key):
    return {name: value for name, value in question.items() if name != key}


def with_choice(**changes):
    return {**ONE, "choices": [{**ONE["choices"][0], **changes}, *ONE["choices"][1:]]}


@pytest.mark.parametrize(
    ("question", "message"),
    [
        (without(ONE, "choices"), "question 1 (What do the weights of one query add up…) needs either"),
        ({**ONE, "answer": 1}, "needs either 'choices' or 'answer'"),
        (without(ONE, "question"), "question 1: 'question' is None"),
        ({**ONE, "choices": ONE["choices"][:1]}, "choices: 1; expected a list of at least 2"),
        ({**ONE, "choices": "ab"}, "choices: 'ab'; expected a list of at least 2"),
        (with_choice(correct=False), "no correct choice"),
        (with_choice(correct="yes"), "choice 1: 'correct' is 'yes'; expected True or False"),
        (with_choice(feedback="  "), "choice 1: 'feedback' is '  '; expected a sentence"),
        (with_choice(feedback="`open"), "backtick without its partner"),
        (with_choice(text="√d"), "offers the choice '√d' twice"),
        (with_choice(feedbak="x"), "choice 1: unknown key 'feedbak'"),
        ({**SEVERAL, "several": False}, "'several' is False with 2 correct choices"),
        ({**NUMBER, "answer": "0.5"}, "'answer' is '0.5'; expected a finite number"),
        ({**NUMBER, "answer": True}, "'answer' is True; expected a finite number"),
        ({**NUMBER, "answer": float("nan")}, "'answer' is nan; expected a finite number"),
        (without(NUMBER, "tolerance"), "'tolerance' is None; expected a finite number"),
        ({**NUMBER, "tolerance": -1}, "'tolerance' is -1; expected 0 or more"),
        ({**NUMBER, "feedback": "good"}, "'feedback' is 'good'; expected {'right': …, 'wrong': …}"),
        ({**NUMBER, "feedback": {"right": "yes"}}, "feedback: 'wrong' is None"),
        (
            {**NUMBER, "mistakes": [{"answer": 0.505, "tolerance": 0, "feedback": "x"}]},
            "mistake 1: 0.505 counts as right",
        ),
        ("?", "question 1 is '?'; expected a dictionary"),
    ],
)
def test_a_faulty_question_is_named_with_what_was_expected(question, message):
    with pytest.raises(traitlets.TraitError, match=re.escape(message)):
        Quiz([question])


def test_the_second_question_is_called_the_second():
    with pytest.raises(traitlets.TraitError, match=r"question 2 \(softmax of"):
        Quiz([ONE, without(NUMBER, "tolerance")])


def test_an_empty_quiz_is_refused():
    with pytest.raises(traitlets.TraitError, match="at least 1 question"):
        Quiz([])


def test_from_file_reads_and_names_the_file_in_every_complaint(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "softmax.quiz.json"
    file.write_text(json.dumps({"title": "T", "questions": [ONE]}), encoding="utf-8")
    assert Quiz.from_file("softmax.quiz.json").questions[0]["choices"][1]["text"] == "√d"

    with pytest.raises(FileNotFoundError, match=r"no quiz file at nowhere\.json"):
        Quiz.from_file("nowhere.json")
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"softmax\.quiz\.json is not valid JSON"):
        Quiz.from_file(file)
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(ValueError, match=r"softmax\.quiz\.json: expected an object"):
        Quiz.from_file(file)
    file.write_text(json.dumps({"questions": [ONE], "titel": "T"}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"softmax\.quiz\.json: unknown key 'titel'"):
        Quiz.from_file(file)
    file.write_text(json.dumps({"questions": [with_choice(correct=False)]}), encoding="utf-8")
    with pytest.raises(traitlets.TraitError, match=r"softmax\.quiz\.json: .*no correct choice"):
        Quiz.from_file(file)


def test_the_questions_of_one_quiz_make_another(quiz):
    assert Quiz(quiz.questions).questions == quiz.questions
    ticks = Quiz([{**ONE, "several": True}]).questions
    assert Quiz(ticks).questions[0]["kind"] == "several"


def test_repr_and_static_text_are_the_same_in_every_run(quiz):
    twin = Quiz([ONE, SEVERAL, NUMBER], title="Check `softmax`")
    assert repr(quiz) == repr(twin) == "Quiz: Check `softmax`, 3 questions"
    bundles = [widget._repr_mimebundle_()[0] for widget in (quiz, twin)]
    assert bundles[0]["text/html"] == bundles[1]["text/html"] == quiz.fallback_html()


def test_with_javascript_off_every_choice_still_answers(quiz, open_page):
    page = open_page(java_script_enabled=False)
    page.set_content(quiz.fallback_html())
    assert page.locator("li").count() == 3
    page.get_by_text("√d", exact=True).click()
    assert page.locator("details[open]").inner_text().split("\n")[-1] == (
        "Not this one. √d scales the scores, <b>before</b> softmax."
    )
    page.locator("summary", has_text="Answer").click()
    assert "0.5 share. Equal scores share." in page.locator("li").nth(2).inner_text()


# Grading, in JavaScript


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.5", 0.5), (" -2 ", -2), ("−2", -2), ("1/4", 0.25), ("1 / 4", 0.25), (".5", 0.5), ("5.", 5),
        ("50 %", 0.5), ("1e-3", 0.001), ("+3", 3), ("", None), ("half", None), ("1/0", None), ("1,5", None),
        ("1 2", None), ("0x10", None), ("1/2/3", None), ("Infinity", None), ("1e999", None),
    ],
)  # fmt: skip
def test_numbers_are_read_as_readers_write_them(written, value):
    assert evaluate("quiz", "parseNumber", written) == value


def test_inline_code_is_told_from_text():
    assert evaluate("quiz", "inlineParts", "use `exp` here") == [
        {"text": "use ", "code": False},
        {"text": "exp", "code": True},
        {"text": " here", "code": False},
    ]


def test_choices_are_graded_with_feedback_for_each_one_taken(quiz):
    one, several, _ = quiz.questions
    taken = [(one, []), (one, [0]), (one, [1]), (several, [0]), (several, [0, 2]), (several, [1])]
    grades = evaluate_all("quiz", [("gradeQuestion", *pair) for pair in taken])
    assert [grade["answered"] for grade in grades] == [False, True, True, True, True, True]
    assert [grade["right"] for grade in grades] == [False, True, False, False, True, False]
    for (_, answer), grade in zip(taken, grades, strict=True):
        assert [item["index"] for item in grade["feedback"]] == answer
    assert grades[3]["verdict"] == "Not yet: 1 right choice is missing."
    assert grades[5]["verdict"] == "Not yet: 1 of your ticks does not belong, 2 right choices are missing."


@pytest.mark.parametrize(
    ("written", "right", "text"),
    [
        ("0.5", True, "Equal scores share."),
        ("0.51", True, "Equal scores share."),
        ("0.49", True, "Equal scores share."),
        ("0.511", False, "Which score is larger?"),
        ("1", False, "That leaves none for the other."),
    ],
)
def test_a_number_is_right_up_to_its_tolerance(quiz, written, right, text):
    grade = evaluate("quiz", "gradeQuestion", quiz.questions[2], written)
    assert (grade["right"], grade["feedback"][0]["text"]) == (right, text)


def test_the_edge_of_the_tolerance_survives_rounding(quiz):
    question = {**quiz.questions[2], "answer": 0.1, "tolerance": 0.2}
    assert evaluate("quiz", "gradeQuestion", question, "0.30000000000000004")["right"]


def test_the_score_counts_right_and_open():
    right, wrong = {"answered": True, "right": True}, {"answered": True, "right": False}
    assert evaluate("quiz", "scoreLine", [right, wrong, None]) == "Score: 1 of 3 right, 1 still open."
    assert evaluate("quiz", "scoreLine", [right, right]) == "Score: 2 of 2 right."


# The page


def question(page, number):
    return page.locator("fieldset").nth(number - 1)


def test_answers_by_mouse_show_feedback_beside_them_and_count(quiz, page):
    mount(page, quiz)
    first = question(page, 1)
    assert first.locator("legend").inner_text() == "1. What do the weights of one query add up to?"
    first.get_by_label("√d").check()
    first.get_by_role("button", name="Check question 1").click()
    feedback = first.locator(".attend-quiz-choice").nth(1).inner_text()
    assert "√d scales the scores, <b>before</b> softmax." in feedback
    assert first.locator("[aria-live]").nth(1).inner_text() != ""
    assert first.locator(".attend-quiz-verdict").inner_text() == "Not yet."
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 0 of 3 right, 2 still open."

    first.get_by_label("1", exact=True).check()
    assert first.locator(".attend-quiz-verdict").inner_text() == "", "an edited answer is no longer graded"
    first.get_by_role("button", name="Check question 1").click()
    assert first.locator(".attend-quiz-choice").nth(0).locator("code").inner_text() == "softmax"
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 1 of 3 right, 2 still open."

    first.get_by_role("button", name="Try again").click()
    assert first.locator("input:checked").count() == 0
    assert page.evaluate("document.activeElement.type") == "radio"
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 0 of 3 right, 3 still open."


def test_the_whole_quiz_by_keyboard(quiz, page):
    mount(page, quiz)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert question(page, 1).locator(".attend-quiz-verdict").inner_text() == "Right."
    page.keyboard.press("Tab")  # try again, which has appeared
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert question(page, 2).locator(".attend-quiz-verdict").inner_text() == "Right."
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("1/2")
    page.keyboard.press("Enter")
    assert question(page, 3).locator(".attend-quiz-verdict").inner_text() == "Right."
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 3 of 3 right."


def test_a_word_for_a_number_is_explained_and_does_not_count(quiz, page):
    mount(page, quiz)
    third = question(page, 3)
    box = third.get_by_label("Your answer (share)")
    box.fill("half")
    box.press("Enter")
    assert third.locator(".attend-quiz-verdict").inner_text().startswith("Write a number")
    assert box.get_attribute("aria-invalid") == "true"
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 0 of 3 right, 3 still open."
    box.fill("0.5")
    assert box.get_attribute("aria-invalid") is None


def test_an_unanswered_question_asks_for_an_answer(quiz, page):
    mount(page, quiz)
    question(page, 2).get_by_role("button", name="Check").click()
    assert question(page, 2).locator(".attend-quiz-verdict").inner_text() == "Choose an answer first."


def test_start_over_clears_everything(quiz, page):
    mount(page, quiz)
    question(page, 1).get_by_label("√d").check()
    question(page, 1).get_by_role("button", name="Check").click()
    question(page, 3).locator("input").fill("3")
    page.get_by_role("button", name="Start over").click()
    assert page.locator("input:checked").count() == 0
    assert question(page, 3).locator("input").input_value() == ""
    assert page.locator(".attend-quiz-score").inner_text() == "Score: 0 of 3 right, 3 still open."


def test_touch_at_phone_width(quiz, open_page):
    page = open_page(viewport={"width": 375, "height": 700}, has_touch=True, is_mobile=True)
    mount(page, quiz)
    first = question(page, 1)
    first.get_by_label("1", exact=True).tap()
    first.get_by_role("button", name="Check").tap()
    assert first.locator(".attend-quiz-verdict").inner_text() == "Right."
    assert sideways_overflow(page) == 0
    targets = page.locator(".attend-quiz-choice label, .attend-field input, button:visible")
    assert min(targets.nth(i).bounding_box()["height"] for i in range(targets.count())) >= 24


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(quiz, page, theme):
    mount(page, quiz, theme=theme)
    assert axe_violations(page) == []
    question(page, 1).get_by_label("√d").check()
    question(page, 2).get_by_label("adding 3").check()
    question(page, 2).get_by_label("doubling").check()
    question(page, 3).locator("input").fill("0.5")
    for number in (1, 2, 3):
        question(page, number).get_by_role("button", name="Check").click()
    assert axe_violations(page) == []


def test_new_questions_from_python_replace_the_old_and_clean_up_leaves_nothing(quiz, page):
    mount(page, quiz)
    set_traits(page, questions=Quiz([NUMBER]).questions)
    assert page.locator("fieldset").count() == 1
    page.evaluate("window.unmount()")
    assert page.locator("#widget").inner_html() == ""
    assert page.evaluate("window.model.listening()") == 0
