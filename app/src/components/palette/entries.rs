//! What the palette lists, and which of it fits what was typed. Knows nothing of signals or elements.

use crate::{
    api::Places,
    components::{icon, theme},
    model::{ProjectId, Theme},
};

/// Most entries that are shown; typing one more letter finds the rest.
const MOST: usize = 50;

/// What happens when an entry is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Goes to a page.
    Go(String),
    /// Starts a project.
    Start(ProjectId),
    /// Pauses a project.
    Pause(ProjectId),
    /// Stops a project.
    Stop(ProjectId),
    /// Restarts a project.
    Restart(ProjectId),
    /// Changes the theme.
    Theme(Theme),
    /// Signs out.
    SignOut,
}

/// One line of the palette.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What a person reads and searches.
    pub label: String,
    /// What kind of thing it is.
    pub kind: &'static str,
    /// Outline of its icon.
    pub path: &'static str,
    /// What it does.
    pub deed: Deed,
}

/// Everything that can be reached.
pub fn entries(places: &Places) -> Vec<Entry> {
    let entry =
        |label: String, kind: &'static str, path: &'static str, deed: Deed| Entry { label, kind, path, deed };
    let page = |label: &str, path: &'static str, href: &str| {
        entry(label.to_owned(), "Page", path, Deed::Go(href.to_owned()))
    };
    let mut all = vec![page("Dashboard", icon::HOME, "/")];
    for project in &places.projects {
        let href = format!("/projects/{}", project.id);
        all.push(entry(project.name.clone(), "Project", icon::PROJECT, Deed::Go(href)));
    }
    for (id, name) in &places.agents {
        all.push(entry(name.clone(), "Agent", icon::AGENT, Deed::Go(format!("/agents/{id}"))));
    }
    for project in &places.projects {
        let deeds = [
            (project.start, "Start", icon::PLAY, Deed::Start(project.id)),
            (project.pause, "Pause", icon::PAUSE, Deed::Pause(project.id)),
            (project.stop, "Stop", icon::STOP, Deed::Stop(project.id)),
            (project.restart, "Restart", icon::RESTART, Deed::Restart(project.id)),
        ];
        for (_, verb, path, deed) in deeds.into_iter().filter(|deed| deed.0) {
            all.push(entry(format!("{verb} {}", project.name), "Action", path, deed));
        }
    }
    all.push(entry("New agent".to_owned(), "Action", icon::PLUS, Deed::Go("/agents/new".to_owned())));
    for (id, name) in &places.agents {
        let deed = Deed::Go(format!("/agents/{id}#new-project"));
        all.push(entry(format!("New project for {name}"), "Action", icon::NEW_PROJECT, deed));
    }
    all.push(page("Settings", icon::SETTINGS, "/settings"));
    if places.admin {
        all.push(page("Admin", icon::ADMIN, "/admin"));
    }
    for choice in Theme::ALL {
        let (name, path) = theme::appearance(choice);
        all.push(entry(format!("Theme: {name}"), "Action", path, Deed::Theme(choice)));
    }
    all.push(entry("Sign out".to_owned(), "Action", icon::SIGN_OUT, Deed::SignOut));
    all
}

/// The entries that fit, best first, at most [`MOST`]; all in their order while nothing is typed.
pub fn fitting(entries: &[Entry], typed: &str) -> Vec<Entry> {
    let wanted = letters(typed);
    let mut found: Vec<(usize, &Entry)> = entries
        .iter()
        .filter_map(|entry| Some((distance(&letters(&entry.label), &wanted)?, entry)))
        .collect();
    found.sort_by_key(|(distance, _)| *distance);
    found.into_iter().take(MOST).map(|(_, entry)| entry.clone()).collect()
}

fn letters(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

/// How far a label is from what is wanted, whose letters it must have in this order: 0 is the same beginning. Letters
/// passed over between hits count more than those before the first.
fn distance(label: &[char], wanted: &[char]) -> Option<usize> {
    let first = *wanted.first().unwrap_or(&'\0');
    if wanted.is_empty() {
        return Some(0);
    }
    let starts = label.iter().enumerate().filter(|(_, letter)| **letter == first).map(|(at, _)| at);
    starts.filter_map(|start| Some(start + 10 * passed_over(&label[start..], wanted)?)).min()
}

/// Letters between the hits when all of `wanted` is found in order, from the first letter on.
fn passed_over(label: &[char], wanted: &[char]) -> Option<usize> {
    let mut rest = label.iter();
    let mut between = 0;
    for letter in wanted {
        between += rest.by_ref().position(|other| other == letter)?;
    }
    Some(between)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::palette::Reachable, model::AgentId};

    fn places(admin: bool) -> Places {
        let project = |id, name: &str, start| Reachable {
            id: ProjectId(id),
            name: name.to_owned(),
            start,
            pause: false,
            stop: !start,
            restart: false,
        };
        Places {
            admin,
            agents: vec![(AgentId(3), "Builder".to_owned())],
            projects: vec![project(7, "Word counter", false), project(8, "Shop", true)],
        }
    }

    fn labels(typed: &str) -> Vec<String> {
        fitting(&entries(&places(true)), typed).into_iter().map(|entry| entry.label).collect()
    }

    #[test]
    fn everything_can_be_reached() {
        let all = [
            "Dashboard",
            "Word counter",
            "Shop",
            "Builder",
            "Stop Word counter",
            "Start Shop",
            "New agent",
            "New project for Builder",
            "Settings",
            "Admin",
            "Theme: System",
            "Theme: Light",
            "Theme: Dark",
            "Sign out",
        ];
        assert_eq!(labels(" "), all);
        assert!(!entries(&places(false)).iter().any(|entry| entry.label == "Admin"));
        let deed = fitting(&entries(&places(true)), "start shop").remove(0).deed;
        assert_eq!(deed, Deed::Start(ProjectId(8)));
    }

    #[test]
    fn letters_in_order_find_the_closest_first() {
        assert_eq!(labels("wc"), ["Word counter", "Stop Word counter", "New project for Builder"]);
        assert_eq!(labels("SHOP"), ["Shop", "Start Shop"]);
        assert_eq!(labels("theme d"), ["Theme: Dark"]);
        assert_eq!(labels("pohs"), Vec::<String>::new());
    }
}
