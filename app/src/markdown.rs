//! Markdown as HTML that may be put into a page: on the server only, because the parsers are too heavy for a browser.
//!
//! Whoever wrote the text is not trusted: HTML in it is shown as text, and the result is sanitised all the same.

use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use crate::{error::AppError, model::SafeHtml};

/// Longest text that is rendered, in bytes; the longest that is stored anywhere is shorter.
const MAX_TEXT: usize = 128 * 1024;
/// Elements within elements; what lies deeper loses its frame and keeps its text.
const MAX_DEPTH: usize = 24;

/// What the parser makes of Markdown, and nothing else.
static SANITISER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let tags = [
        "a",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    let mut builder = Builder::empty();
    builder
        .tags(tags.into())
        .tag_attributes([("a", ["href"].into()), ("ol", ["start"].into())].into())
        .url_schemes(["http", "https", "mailto"].into())
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"))
        .set_tag_attribute_value("a", "target", "_blank");
    builder
});

/// CommonMark with tables, task lists and strike-through as sanitised HTML.
///
/// Headings begin at the third level, below those of the page; pictures become links, so that looking at a text loads
/// nothing from elsewhere.
///
/// # Errors
/// [`AppError::Invalid`] for `text` of more than 128 KiB.
pub fn render(text: &str) -> Result<SafeHtml, AppError> {
    if text.len() > MAX_TEXT {
        let limit = MAX_TEXT / 1024;
        return Err(AppError::invalid("text", format!("The text is longer than {limit} KiB.")));
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut flat = Flat::default();
    let events = Parser::new_ext(text, options).filter(|event| flat.keeps(event)).map(tame);
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, events);
    Ok(SafeHtml::from_sanitised(SANITISER.clean(&out).to_string()))
}

/// Leaves out the frames that lie too deep: a browser, too, gets slow with thousands of quotes in quotes.
#[derive(Default)]
struct Flat {
    depth: usize,
}

impl Flat {
    fn keeps(&mut self, event: &Event) -> bool {
        match event {
            Event::Start(_) => {
                self.depth += 1;
                self.depth <= MAX_DEPTH
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                self.depth < MAX_DEPTH
            }
            _ => true,
        }
    }
}

/// The event as it may be drawn here.
fn tame(event: Event) -> Event {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::End(TagEnd::Image) => Event::End(TagEnd::Link),
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lower(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        Event::TaskListMarker(done) => {
            Event::Text(CowStr::Borrowed(if done { "\u{2611} " } else { "\u{2610} " }))
        }
        other => other,
    }
}

fn lower(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H3,
        HeadingLevel::H2 => HeadingLevel::H4,
        HeadingLevel::H3 => HeadingLevel::H5,
        HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => HeadingLevel::H6,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn html(text: &str) -> String {
        render(text).unwrap().as_str().to_owned()
    }

    #[test]
    fn what_people_write_is_drawn() {
        assert_eq!(html("# Goal\n\nA *shop*."), "<h3>Goal</h3>\n<p>A <em>shop</em>.</p>\n");
        assert_eq!(html("- [x] done"), "<ul>\n<li>\u{2611} done</li>\n</ul>\n");
        assert_eq!(
            html("[x](https://example.org/?a=1&b=2)"),
            "<p><a href=\"https://example.org/?a=1&amp;b=2\" target=\"_blank\" \
             rel=\"noopener noreferrer nofollow\">x</a></p>\n"
        );
        assert!(html("|a|\n|-|\n|b|").contains("<td>b</td>"));
        assert_eq!(html("```sh\nrm <x>\n```"), "<pre><code>rm &lt;x&gt;\n</code></pre>\n");
    }

    #[test]
    fn hostile_text_stays_text() {
        let corpus = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "a <b onclick=alert(1)>b</b>",
            "<svg/onload=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt&colon;alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x \"onmouseover=alert(1)\")",
            "![x](https://example.org/track.png \"t\")",
            "![x](javascript:alert(1))",
            "<javascript:alert(1)>",
            "[x](//example.org)",
            "[x](/fn/logout)",
            "```\"><script>alert(1)</script>\nx\n```",
            "[a]: javascript:alert(1)\n\n[a]",
            "<style>*{display:none}</style><iframe src=//x></iframe><form action=x><input>",
            "<!-- --><noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "# x {#live-state .hidden onclick=alert(1)}",
            "\u{202e}<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        ];
        for text in corpus {
            let html = html(text);
            let tags: Vec<&str> = html.split('<').skip(1).collect();
            for tag in &tags {
                let name = tag.trim_start_matches('/').split(|c: char| !c.is_alphanumeric()).next();
                assert!(
                    ["a", "p", "pre", "code", "h3"].contains(&name.unwrap()),
                    "{text} became an element: {html}"
                );
                let attributes = tag.split('>').next().unwrap().to_lowercase();
                let bad = ["on", "script:", "data:", "style", "src=", "id=", "class="];
                assert!(
                    !bad.iter().any(|bad| attributes.split(' ').skip(1).any(|a| a.starts_with(bad)))
                        && !attributes.contains("script:"),
                    "{text} kept an attribute: {html}"
                );
            }
        }
        assert_eq!(html("[x](/fn/logout)"), html("[x](javascript:1)"), "both lose their target");
    }

    #[test]
    fn deep_and_long_text_is_bounded() {
        let begun = Instant::now();
        for deep in ["> ", "* ", "[", "*a ", "_", "`", "![", "<a ", "&", "|", "1. "] {
            let text = deep.repeat(MAX_TEXT / deep.len());
            let html = html(&text);
            let opened = html.matches("<blockquote>").count() + html.matches("<ul>").count();
            assert!(opened <= MAX_DEPTH, "{opened} elements from {deep:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
        assert!(matches!(render(&"a".repeat(MAX_TEXT + 1)), Err(AppError::Invalid(_))));
    }
}
