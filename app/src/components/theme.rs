//! The choice between the system's colours, light and dark.

use leptos::{form::ActionForm, prelude::*};

use crate::{
    api,
    components::{Icon, icon},
    model::Theme,
};

/// What a person reads, and the shape.
pub fn appearance(theme: Theme) -> (&'static str, &'static str) {
    match theme {
        Theme::System => ("System", icon::MONITOR),
        Theme::Light => ("Light", icon::SUN),
        Theme::Dark => ("Dark", icon::MOON),
    }
}

/// The theme of this browser, shared by all that show or change it.
#[derive(Clone, Copy)]
pub struct ThemeChoice {
    chosen: RwSignal<Theme>,
    action: ServerAction<api::SetTheme>,
}

impl ThemeChoice {
    /// Puts the choice into the context; a change is seen at once, and the cookie follows.
    pub fn provide() {
        let choice = Self { chosen: RwSignal::new(api::theme()), action: ServerAction::new() };
        let input = choice.action.input();
        Effect::new(move |_| {
            if let Some(theme) = input.with(|input| input.as_ref().map(|input| input.theme)) {
                choice.chosen.set(theme);
                apply(theme);
            }
        });
        provide_context(choice);
    }

    /// The choice of the layout around the caller.
    pub fn expect() -> Self {
        expect_context()
    }

    /// Changes the theme.
    pub fn choose(self, theme: Theme) {
        self.action.dispatch(api::SetTheme { theme });
    }
}

fn apply(theme: Theme) {
    if let Some(html) = document().document_element()
        && let Err(error) = html.set_attribute("data-theme", theme.as_str())
    {
        leptos::logging::error!("the theme cannot be shown: {error:?}");
    }
}

/// Three buttons, one of them pressed; a form, so that it works without scripts.
#[component]
pub fn ThemeSwitch(
    /// What tells it from another one on the page, for those who do not see where it stands.
    label: &'static str,
) -> impl IntoView {
    let ThemeChoice { chosen, action } = ThemeChoice::expect();
    let buttons = Theme::ALL
        .map(|theme| {
            let (label, path) = appearance(theme);
            view! {
                <button
                    type="submit"
                    name="theme"
                    value=theme.as_str()
                    aria-pressed=move || (chosen.get() == theme).to_string()
                >
                    <Icon path />
                    <span>{label}</span>
                </button>
            }
        })
        .collect_view();
    view! {
        <ActionForm action attr:class="theme" attr:aria-label=label>
            {buttons}
        </ActionForm>
    }
    .into_any()
}
