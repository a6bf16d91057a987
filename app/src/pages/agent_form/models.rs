//! Which models the builder suggests, and whether they can be used as things are.

use leptos::{either::Either, prelude::*};

use crate::{
    api::ModelSources,
    components::Suggestions,
    model::{ModelName, Provider},
};

/// A model's name at its provider, and what it is good for.
type Model = (&'static str, &'static str);

/// Heading, provider, and the models suggested of it; any other name may be typed.
const KNOWN: [(&str, &str, &[Model]); 6] = [
    (
        "Anthropic",
        "anthropic",
        &[
            ("claude-sonnet-4-5", "All-round"),
            ("claude-opus-4-5", "Most capable"),
            ("claude-haiku-4-5", "Fast and cheap"),
        ],
    ),
    (
        "OpenAI",
        "openai",
        &[
            ("gpt-5.1", "All-round"),
            ("gpt-5.1-codex", "For code, with Codex CLI"),
            ("gpt-5-mini", "Fast and cheap"),
            ("gpt-5-nano", "Smallest"),
        ],
    ),
    (
        "Google Gemini",
        "gemini",
        &[("gemini-2.5-pro", "Most capable"), ("gemini-2.5-flash", "Fast and cheap")],
    ),
    (
        "OpenRouter",
        "openrouter",
        &[
            ("qwen/qwen3-coder", "For code"),
            ("deepseek/deepseek-chat", "All-round"),
            ("z-ai/glm-4.6", "For code"),
        ],
    ),
    ("Ollama", "ollama", &[("qwen3-coder", "For code"), ("gpt-oss:20b", "Small"), ("devstral", "For code")]),
    (
        "Demonstration",
        "demo",
        &[("builder", "Plays the demonstration project"), ("slow", "The same, slower")],
    ),
];

/// What the combobox offers, with what there is to reach it.
pub fn suggestions(sources: &ModelSources) -> Vec<Suggestions> {
    let known = KNOWN.iter().map(|(title, provider, models)| {
        let (ready, note) = standing(sources, provider);
        let item = |(model, about): &Model| (format!("{provider}/{model}"), (*about).to_owned());
        Suggestions { title: (*title).to_owned(), note, ready, items: models.iter().map(item).collect() }
    });
    let own = sources.own.iter().map(|own| {
        let name = own.name.as_str();
        let (ready, note) = standing(sources, name);
        let item = (format!("{name}/"), format!("{}; type the model behind the slash", own.base_url));
        Suggestions { title: name.to_owned(), note, ready, items: vec![item] }
    });
    own.chain(known).collect()
}

/// Whether a provider's models can be used now, and why.
fn standing(sources: &ModelSources, provider: &str) -> (bool, String) {
    if let Some(own) = sources.own.iter().find(|own| own.name.as_str() == provider) {
        let note = if own.last4.is_some() { "your server, key stored" } else { "your server, no key" };
        return (true, note.to_owned());
    }
    let (ready, note) = match provider {
        "demo" => (true, "needs no key"),
        "ollama" => (true, "your own server, key optional"),
        _ if has_key(sources, provider) => (true, "key stored"),
        _ => (false, "no key yet"),
    };
    (ready, note.to_owned())
}

fn has_key(sources: &ModelSources, provider: &str) -> bool {
    sources.keys.iter().any(|key| key.provider.as_str() == provider)
}

/// What is wrong with a model's name, as far as a page can tell.
pub fn model_problem(sources: &ModelSources, text: &str) -> Option<String> {
    let name: ModelName = match text.trim().parse() {
        Ok(name) => name,
        Err(crate::model::InvalidName(why)) => return Some(why),
    };
    let provider = name.provider();
    let known = provider == "demo"
        || provider.parse::<Provider>().is_ok()
        || sources.own.iter().any(|own| own.name.as_str() == provider);
    (!known).then(|| format!("There is no provider \u{201c}{provider}\u{201d}; add your own under Settings."))
}

/// Says what the typed model needs.
#[component]
pub fn ModelNote(model: RwSignal<String>, sources: StoredValue<ModelSources>) -> impl IntoView {
    let note = move || {
        let name = model.get();
        let provider = name.split_once('/').map_or("", |(provider, _)| provider);
        if provider == "demo" {
            return Either::Left(
                "The built-in demonstration model: it follows a script, needs no key and builds only the demonstration project.",
            );
        }
        let needs_key = provider.parse::<Provider>().is_ok_and(|known| known != Provider::Ollama)
            && !sources.with_value(|sources| has_key(sources, provider));
        Either::Right(needs_key.then(|| {
            view! {
                <span>
                    {format!("No key is stored for {provider}. ")} <a href="/settings#keys">"Add it in Settings"</a> "."
                </span>
            }
        }))
    };
    view! {
        <p class="note" role="status" data-testid="model-note">
            {note}
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ApiKeyInfo, CustomProvider, Timestamp, WireFormat};

    fn sources() -> ModelSources {
        let created_at = Timestamp::from_millis(0);
        let own = CustomProvider {
            name: "mine".parse().unwrap(),
            base_url: "https://models.example.org".to_owned(),
            wire_format: WireFormat::Openai,
            last4: None,
            created_at,
            enter_again: false,
        };
        let key = ApiKeyInfo {
            provider: Provider::Openai,
            last4: "wxyz".to_owned(),
            created_at,
            enter_again: false,
        };
        ModelSources { keys: vec![key], own: vec![own] }
    }

    #[test]
    fn each_group_says_whether_it_can_be_used() {
        let groups = suggestions(&sources());
        let standing: Vec<_> =
            groups.iter().map(|group| (group.title.as_str(), group.ready, group.note.as_str())).collect();
        assert_eq!(
            standing,
            [
                ("mine", true, "your server, no key"),
                ("Anthropic", false, "no key yet"),
                ("OpenAI", true, "key stored"),
                ("Google Gemini", false, "no key yet"),
                ("OpenRouter", false, "no key yet"),
                ("Ollama", true, "your own server, key optional"),
                ("Demonstration", true, "needs no key"),
            ]
        );
    }

    #[test]
    fn a_model_is_of_a_provider_that_there_is() {
        let wrong = |text: &str| model_problem(&sources(), text).is_some();
        assert_eq!(["openai/x", "demo/builder", "mine/a/b"].map(wrong), [false; 3]);
        assert_eq!(["", "gpt", "yours/x", "mine/"].map(wrong), [true; 4]);
    }
}
