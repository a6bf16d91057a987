//! A point in time as the person's own clock shows it.

use leptos::prelude::*;

use crate::model::Timestamp;

/// UTC as the server draws it; the browser's own time as soon as it can be known, with the day unless it is today.
#[component]
pub fn LocalTime(
    /// When.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let local = RwSignal::new(None::<String>);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| local.set(Some(browser::text(at.get()))));
    let text = move || local.get().unwrap_or_else(|| format!("{} UTC", at.get().day_and_minute()));
    view! { <time datetime=move || at.get().to_string()>{text}</time> }.into_any()
}

#[cfg(feature = "hydrate")]
mod browser {
    //! The browser's clock and time zone.

    use js_sys::Date;

    use crate::model::Timestamp;

    /// `14:03`, or `2026-05-01 14:03` for another day.
    pub fn text(at: Timestamp) -> String {
        let then = Date::new(&(at.as_millis() as f64).into());
        let day = |date: &Date| (date.get_full_year(), date.get_month() + 1, date.get_date());
        let clock = format!("{:02}:{:02}", then.get_hours(), then.get_minutes());
        let (year, month, date) = day(&then);
        if (year, month, date) == day(&Date::new_0()) {
            return clock;
        }
        format!("{year}-{month:02}-{date:02} {clock}")
    }
}
