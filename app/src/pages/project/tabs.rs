//! The links to a project's tabs: real ones, so that they work without scripts, in a new window and as bookmarks.

use leptos::{html::Nav, prelude::*};

use crate::{
    components::center_current,
    model::{ProjectId, ProjectTab},
};

/// The address of a tab.
pub fn href(id: ProjectId, tab: ProjectTab) -> String {
    match tab.segment() {
        "" => format!("/projects/{id}"),
        segment => format!("/projects/{id}/{segment}"),
    }
}

/// All tabs in one line; on a narrow screen the line scrolls, not the page.
#[component]
pub fn TabBar(
    /// The project.
    id: ProjectId,
    /// The tab that is shown.
    tab: Memo<Option<ProjectTab>>,
) -> impl IntoView {
    let link = |this: ProjectTab| {
        let current = move || (tab.get() == Some(this)).then_some("page");
        view! {
            <li>
                <a href=href(id, this) aria-current=current>
                    {this.label()}
                </a>
            </li>
        }
    };
    let line = NodeRef::<Nav>::new();
    Effect::new(move |_| {
        tab.track();
        // Once the link is marked.
        request_animation_frame(move || {
            if let Some(line) = line.try_get_untracked().flatten() {
                center_current(&line);
            }
        });
    });
    view! {
        <nav class="tabs" aria-label="Project" node_ref=line>
            <ul>{ProjectTab::ALL.map(link).collect_view()}</ul>
        </nav>
    }
    .into_any()
}
