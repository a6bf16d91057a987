//! Claude Code's `PermissionRequest` hook: what it asks there, and the answer in its own form; and Codex' `PreToolUse` hook,
//! whose payload has the same fields.
//!
//! Must not decide. Questions and plan approvals come by the same hook as permissions: as calls of the tools
//! `AskUserQuestion` and `ExitPlanMode`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::future::BoxFuture;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::signals::tool_summary;
use crate::coding::dialog::{Choice, Dialog, DialogAnswer, DialogDesk, Question};

/// The dialogs of one CLI that wait for a decision.
pub(in crate::coding) struct Dialogs {
    desk: DialogDesk,
    open: Arc<Mutex<Vec<Open>>>,
}

/// A tool call that is being decided.
struct Open {
    tool: Value,
    input: Value,
    settled: CancellationToken,
}

impl Dialogs {
    pub(in crate::coding) fn new(desk: DialogDesk) -> Self {
        Self { desk, open: Arc::default() }
    }

    /// The answer to a hook call that has to be waited for; `None` for every other call.
    pub(in crate::coding) fn decision(&self, payload: &Value) -> Option<BoxFuture<'static, Value>> {
        if payload.get("hook_event_name").and_then(Value::as_str) == Some("PostToolUse") {
            self.settle(payload);
        }
        let dialog = dialog(payload)?;
        let (tool, input) = (field(payload, "tool_name"), field(payload, "tool_input"));
        let settled = CancellationToken::new();
        let open = Open { tool, input: input.clone(), settled: settled.clone() };
        let (desk, all) = (self.desk.clone(), self.open.clone());
        Some(Box::pin(async move {
            // Told to leave the list when this future is dropped.
            let left = settled.clone().drop_guard();
            {
                let mut all = lock(&all);
                all.retain(|open| !open.settled.is_cancelled());
                all.push(open);
            }
            let answer = tokio::select! {
                answer = desk.ask(dialog) => answer,
                () = settled.cancelled() => DialogAnswer::deny("It was allowed in the terminal before this answer."),
            };
            drop(left);
            output(&answer, input)
        }))
    }

    /// Whether something waits for a decision.
    pub(in crate::coding) fn waiting(&self) -> bool {
        lock(&self.open).iter().any(|open| !open.settled.is_cancelled())
    }

    /// The tool has run, so a person has allowed it in the terminal: Claude Code does not end the hook that still asks.
    fn settle(&self, payload: &Value) {
        let (tool, mut input) = (field(payload, "tool_name"), field(payload, "tool_input"));
        for open in lock(&self.open).iter().filter(|open| open.tool == tool) {
            // A form that was filled in has answers besides its questions.
            if let (Some(input), None) = (input.as_object_mut(), open.input.get("answers")) {
                input.remove("answers");
            }
            if open.input == input {
                open.settled.cancel();
            }
        }
    }
}

fn field(payload: &Value, name: &str) -> Value {
    payload.get(name).cloned().unwrap_or_default()
}

fn lock(open: &Mutex<Vec<Open>>) -> MutexGuard<'_, Vec<Open>> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the hook's payload asks; `None` if it is another hook's.
pub fn dialog(payload: &Value) -> Option<Dialog> {
    // A gate before each tool call asks for nothing but its permission.
    let gate = match payload.get("hook_event_name")?.as_str()? {
        "PermissionRequest" => false,
        "PreToolUse" => true,
        _ => return None,
    };
    let tool = payload.get("tool_name").and_then(Value::as_str).unwrap_or_default();
    let input = payload.get("tool_input").cloned().unwrap_or_default();
    let special = match tool {
        _ if gate => None,
        "AskUserQuestion" => questions(&input).map(Dialog::Questions),
        "ExitPlanMode" => {
            input.get("plan").and_then(Value::as_str).map(|plan| Dialog::Plan { text: plan.to_owned() })
        }
        _ => None,
    };
    // A form that is not known is decided as a permission, whose rules are the strictest.
    Some(special.unwrap_or_else(|| Dialog::Permission {
        tool: tool.to_owned(),
        summary: tool_summary(payload),
        input,
    }))
}

fn questions(input: &Value) -> Option<Vec<Question>> {
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let one = |question: &Value| {
        let choices =
            question.get("options").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Question {
            text: text(question, "question"),
            choices: choices
                .iter()
                .map(|choice| Choice {
                    label: text(choice, "label"),
                    description: text(choice, "description"),
                })
                .collect(),
            several: question.get("multiSelect").and_then(Value::as_bool).unwrap_or(false),
        }
    };
    let questions: Vec<Question> = input.get("questions")?.as_array()?.iter().map(one).collect();
    (!questions.is_empty() && questions.iter().all(|question| !question.text.is_empty())).then_some(questions)
}

/// The hook's output. Answers to questions are a changed input of the tool, as if a person had filled in its form.
fn output(answer: &DialogAnswer, input: Value) -> Value {
    let decision = match answer {
        DialogAnswer::Allow => json!({"behavior": "allow"}),
        DialogAnswer::Deny { message } => json!({"behavior": "deny", "message": message}),
        DialogAnswer::Answers(answers) => {
            let answers: Map<String, Value> =
                answers.iter().map(|(question, answer)| (question.clone(), json!(answer))).collect();
            let mut input = input;
            input["answers"] = Value::Object(answers);
            json!({"behavior": "allow", "updatedInput": input})
        }
    };
    json!({"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(tool: &str, input: Value) -> Value {
        json!({"hook_event_name": "PermissionRequest", "tool_name": tool, "tool_input": input})
    }

    #[test]
    fn questions_and_plans_are_told_from_permissions() {
        let input = json!({"questions": [{"question": "Which?", "header": "H", "multiSelect": true,
            "options": [{"label": "A", "description": "first"}, {"label": "B"}]}]});
        let choice =
            |label: &str, description: &str| Choice { label: label.into(), description: description.into() };
        assert_eq!(
            dialog(&request("AskUserQuestion", input.clone())),
            Some(Dialog::Questions(vec![Question {
                text: "Which?".into(),
                choices: vec![choice("A", "first"), choice("B", "")],
                several: true,
            }]))
        );
        let plan = json!({"plan": "# P", "planFilePath": "/x"});
        assert_eq!(dialog(&request("ExitPlanMode", plan)), Some(Dialog::Plan { text: "# P".into() }));
        let bash = json!({"command": "ls  -l"});
        assert_eq!(
            dialog(&request("Bash", bash.clone())),
            Some(Dialog::Permission { tool: "Bash".into(), summary: "Bash ls -l".into(), input: bash })
        );
        assert_eq!(dialog(&json!({"hook_event_name": "Stop"})), None);
        let gate =
            json!({"hook_event_name": "PreToolUse", "tool_name": "AskUserQuestion", "tool_input": input});
        assert!(matches!(dialog(&gate), Some(Dialog::Permission { .. })));

        let answered = output(&DialogAnswer::Answers(vec![("Which?".into(), "A, B".into())]), input.clone());
        let decision = &answered["hookSpecificOutput"]["decision"];
        assert_eq!(decision["behavior"], "allow");
        assert_eq!(decision["updatedInput"]["answers"], json!({"Which?": "A, B"}));
        assert_eq!(decision["updatedInput"]["questions"], input["questions"]);
    }

    #[tokio::test]
    async fn a_call_that_was_allowed_in_the_terminal_is_not_asked_about_any_more() {
        let (desk, mut asked) = DialogDesk::open();
        let dialogs = Dialogs::new(desk);
        let (first, second) = (json!({"command": "a"}), json!({"questions": [{"question": "Which?"}]}));
        let first = tokio::spawn(dialogs.decision(&request("Bash", first)).unwrap());
        let second = tokio::spawn(dialogs.decision(&request("AskUserQuestion", second)).unwrap());
        let mut waiting = [asked.recv().await.unwrap(), asked.recv().await.unwrap()];
        let ran = |tool: &str, input: Value| json!({"hook_event_name": "PostToolUse", "tool_name": tool, "tool_input": input});
        for other in [ran("Bash", json!({"command": "b"})), ran("Write", json!({"command": "a"}))] {
            assert!(dialogs.decision(&other).is_none());
        }
        assert!(waiting.iter().all(|asked| !asked.reply.is_closed()));
        dialogs.decision(&ran("Bash", json!({"command": "a"})));
        assert_eq!(first.await.unwrap()["hookSpecificOutput"]["decision"]["behavior"], "deny");
        let answered = json!({"questions": [{"question": "Which?"}], "answers": {"Which?": "A"}});
        dialogs.decision(&ran("AskUserQuestion", answered));
        second.await.unwrap();
        for asked in &mut waiting {
            asked.reply.closed().await;
        }
    }

    #[test]
    fn an_unknown_form_is_a_permission() {
        for input in
            [json!({}), json!({"questions": []}), json!({"questions": [{"header": "x"}]}), Value::Null]
        {
            let dialog = dialog(&request("AskUserQuestion", input));
            assert!(matches!(dialog, Some(Dialog::Permission { tool, .. }) if tool == "AskUserQuestion"));
        }
        assert!(matches!(
            dialog(&request("ExitPlanMode", json!({"plan": 1}))),
            Some(Dialog::Permission { .. })
        ));
    }
}
