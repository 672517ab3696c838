//! What all pages have in common: frame, style, script and policy.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::base::style::{BASICS, COMPONENTS};
use crate::base::text::escape_html;

/// The style of the sandbox's own parts, on top of that of all pages.
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a page may load and where its forms may go: only to the sandbox itself.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// A page.
pub(super) struct Page {
    title: String,
    content: String,
    /// The number of changes that the page shows; later ones make it out of date.
    changes: Option<u64>,
}

impl Page {
    /// A page with a title, which is escaped, and its content, which is HTML.
    pub(super) fn new(title: &str, content: String) -> Self {
        Self {
            title: title.to_owned(),
            content,
            changes: None,
        }
    }

    /// A page that is loaded again after further changes.
    pub(super) fn following(self, changes: u64) -> Self {
        Self {
            changes: Some(changes),
            ..self
        }
    }

    /// The response with this page.
    pub(super) fn response(self, status: u16) -> Response {
        let mut response = with_type("text/html; charset=utf-8", self.html());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(POLICY),
        );
        // Forms have to say where they come from, but no other site has to know what is looked at.
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        );
        response
    }

    fn html(&self) -> String {
        let title = escape_html(&self.title);
        let changes = self.changes.map_or_else(String::new, |changes| {
            format!(" data-changes=\"{changes}\"")
        });
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{title} – sandbox</title>\n<link rel=\"stylesheet\" href=\"/assets/page.css\">\n\
             <script src=\"/assets/page.js\" defer></script>\n</head>\n<body{changes}>\n\
             <a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
             <header><a href=\"/\">All task groups</a>\
             <p>This is a sandbox for rehearsals and tests. It only serves this machine, and its workers are \
             simulated.</p></header>\n\
             <p id=\"changed\" class=\"note\" role=\"status\" hidden>Tasks have changed. <a href=\"\">Reload the \
             page</a></p>\n<main id=\"main\">\n<h1>{title}</h1>\n{}</main>\n</body>\n</html>\n",
            self.content
        )
    }
}

/// The style or the script of pages.
pub(super) fn asset(name: &str) -> Option<Response> {
    match name {
        "page.css" => Some(with_type(
            "text/css; charset=utf-8",
            [BASICS, COMPONENTS, STYLE].concat(),
        )),
        "page.js" => Some(with_type(
            "text/javascript; charset=utf-8",
            SCRIPT.to_owned(),
        )),
        _ => None,
    }
}

/// A response with plain text.
pub(super) fn plain(text: String) -> Response {
    with_type("text/plain; charset=utf-8", text)
}

fn with_type(kind: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// Characters that are not percent-encoded.
const PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A text as a part of an address.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, PART).to_string()
}

/// A list of HTML items; empty if there are none.
pub(super) fn list(class: &str, items: impl IntoIterator<Item = String>) -> String {
    let items: String = items
        .into_iter()
        .map(|item| format!("<li>{item}</li>\n"))
        .collect();
    match items.is_empty() {
        true => String::new(),
        false => format!("<ul class=\"{class}\">\n{items}</ul>\n"),
    }
}
